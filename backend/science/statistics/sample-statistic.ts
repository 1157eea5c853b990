import type { MeanStatistic, ProportionStatistic, Sample } from './statistics.ts';
import { alwaysDefined, noTheta, type Moments, type StatisticKind } from './statistic-kind.ts';

/** Unbiased sample variance of a mean; p(1 − p) of a proportion. */
export function sampleMoments(sample: Sample): Moments {
  const mean = sample.n === 0 ? 0 : sample.sum / sample.n;
  if (sample.kind === 'proportion') return { mean, variance: mean * (1 - mean) };
  const squares = sample.sumSquares - (sample.sum * sample.sum) / sample.n;
  return { mean, variance: sample.n > 1 ? Math.max(0, squares / (sample.n - 1)) : 0 };
}

/** Unbiased sample covariance; for two proportions the population covariance, to match their variances. */
export function covariance(a: Sample, b: Sample, sumProducts: number): number {
  if (a.n <= 1) return 0;
  const crossed = sumProducts - (a.sum * b.sum) / a.n;
  return crossed / (a.kind === 'proportion' && b.kind === 'proportion' ? a.n : a.n - 1);
}

const ofSample = {
  units: (sample: Sample) => sample.n,
  moments: sampleMoments,
  theta: noTheta,
  isDefined: alwaysDefined,
  lift: (control: Sample, treatment: Sample) =>
    sampleMoments(treatment).mean / sampleMoments(control).mean,
  liftedVariance: (control: Sample, _theta: number, lift: number) =>
    lift * lift * sampleMoments(control).variance,
};

export const mean: StatisticKind<MeanStatistic> = {
  ...ofSample,
  add: (a, b) => ({
    kind: 'mean',
    n: a.n + b.n,
    sum: a.sum + b.sum,
    sumSquares: a.sumSquares + b.sumSquares,
  }),
};

export const proportion: StatisticKind<ProportionStatistic> = {
  ...ofSample,
  add: (a, b) => ({ kind: 'proportion', n: a.n + b.n, sum: a.sum + b.sum }),
};

/**
 * Adds the numerators, denominators, or values from before of two arms.
 * @throws where the samples are of different kinds.
 */
export function addSamples(a: Sample, b: Sample): Sample {
  if (a.kind === 'mean' && b.kind === 'mean') return mean.add(a, b);
  if (a.kind === 'proportion' && b.kind === 'proportion') return proportion.add(a, b);
  throw new Error(
    `a ${a.kind} and a ${b.kind} do not add up: count the metric one way in all arms`,
  );
}
