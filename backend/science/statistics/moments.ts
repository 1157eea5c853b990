import type { AdjustedStatistic, RatioStatistic, Sample } from './statistics.ts';

/** What one unit adds: the arm's mean, and the variance of one unit's contribution to it (÷ n: the mean's). */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** Unbiased sample variance of a mean; p(1 − p) of a proportion. */
export function sampleMoments(sample: Sample): Moments {
  const mean = sample.n === 0 ? 0 : sample.sum / sample.n;
  if (sample.kind === 'proportion') return { mean, variance: mean * (1 - mean) };
  const squares = sample.sumSquares - (sample.sum * sample.sum) / sample.n;
  return { mean, variance: sample.n > 1 ? Math.max(0, squares / (sample.n - 1)) : 0 };
}

/** Sample covariance; of two proportions the population's, as their variances are. */
export function covariance(a: Sample, b: Sample, sumProducts: number): number {
  if (a.n <= 1) return 0;
  const crossed = sumProducts - (a.sum * b.sum) / a.n;
  return crossed / (a.kind === 'proportion' && b.kind === 'proportion' ? a.n : a.n - 1);
}

/**
 * A ratio of means by the delta method (Deng, Knoblich & Lu, 2018):
 * `σ² = σ_m²/d̄² + σ_d² m̄²/d̄⁴ − 2 σ_md m̄/d̄³`, per unit.
 */
export function ratioMoments({ numerator, denominator, sumProducts }: RatioStatistic): Moments {
  const [m, d] = [sampleMoments(numerator), sampleMoments(denominator)];
  const ratio = m.mean / d.mean;
  const spread =
    m.variance +
    ratio * ratio * d.variance -
    2 * ratio * covariance(numerator, denominator, sumProducts);
  return { mean: ratio, variance: Math.max(0, spread / (d.mean * d.mean)) };
}

/** The metric less θ × its value before: `Ȳ − θX̄`, `σ_Y² + θ²σ_X² − 2θσ_XY` (Deng et al., 2013). */
export function adjustedMoments(
  { post, pre, sumProducts }: AdjustedStatistic,
  theta: number,
): Moments {
  const [y, x] = [sampleMoments(post), sampleMoments(pre)];
  const spread =
    y.variance + theta * theta * x.variance - 2 * theta * covariance(post, pre, sumProducts);
  return { mean: y.mean - theta * x.mean, variance: Math.max(0, spread) };
}

/** θ = cov(Y, X) / var(X) over both arms together, so that it cannot favour one; 0 where either has no spread. */
export function pooledTheta(both: AdjustedStatistic): number {
  const spread = sampleMoments(both.pre).variance;
  if (spread === 0 || sampleMoments(both.post).variance === 0) return 0;
  return covariance(both.post, both.pre, both.sumProducts) / spread;
}
