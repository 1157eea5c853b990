import type { RatioStatistic } from './statistics.ts';
import { noTheta, type Moments, type StatisticKind } from './statistic-kind.ts';
import { addSamples, covariance, sampleMoments } from './sample-statistic.ts';

/**
 * A ratio of means by the delta method (Deng, Knoblich & Lu, 2018):
 * `σ² = σ_m²/d̄² + σ_d² m̄²/d̄⁴ − 2 σ_md m̄/d̄³`, per unit.
 */
export function ratioMoments({ numerator, denominator, sumProducts }: RatioStatistic): Moments {
  const [m, d] = [sampleMoments(numerator), sampleMoments(denominator)];
  const quotient = m.mean / d.mean;
  const spread =
    m.variance +
    quotient * quotient * d.variance -
    2 * quotient * covariance(numerator, denominator, sumProducts);
  return { mean: quotient, variance: Math.max(0, spread / (d.mean * d.mean)) };
}

export const addRatios = (a: RatioStatistic, b: RatioStatistic): RatioStatistic => ({
  kind: 'ratio',
  numerator: Object.freeze(addSamples(a.numerator, b.numerator)),
  denominator: Object.freeze(addSamples(a.denominator, b.denominator)),
  sumProducts: a.sumProducts + b.sumProducts,
});

export const ratio: StatisticKind<RatioStatistic> = {
  units: ({ numerator }) => numerator.n,
  moments: ratioMoments,
  add: addRatios,
  theta: noTheta,
  isDefined: ({ denominator }) => denominator.sum !== 0,
  lift: (control, treatment) => ratioMoments(treatment).mean / ratioMoments(control).mean,
  liftedVariance: (control, _theta, lift) => lift * lift * ratioMoments(control).variance,
};
