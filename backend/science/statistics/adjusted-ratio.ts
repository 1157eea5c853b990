import { covariance, type Moments, sampleMoments } from './moments.ts';
import type { AdjustedRatioStatistic, RatioStatistic } from './statistics.ts';

/**
 * CUPED of a ratio of means, `R − θ R_before`: both ratios linearised by the delta method over the four means of
 * numerator and denominator, after and before (as GrowthBook's engine does). Vectors are in the order
 * [numerator, denominator, numerator before, denominator before].
 */
export function adjustedRatioMoments(statistic: AdjustedRatioStatistic, theta: number): Moments {
  const { post, pre } = statistic;
  const variance = spreadOf(statistic, [...slopes(post), ...slopes(pre, -theta)]);
  const before = theta === 0 ? 0 : theta * ratioOf(pre);
  return { mean: ratioOf(post) - before, variance: Math.max(0, variance) };
}

/**
 * θ = Σ cov(R, R_before) / Σ var(R_before), summed over the arms, so that it cannot favour one; 0 where nothing is
 * known from before.
 */
export function ratioTheta(arms: readonly AdjustedRatioStatistic[]): number {
  if (arms.some(({ pre }) => pre.denominator.sum === 0)) return 0;
  let [shared, spread] = [0, 0];
  for (const arm of arms) {
    const [after, before] = [slopes(arm.post), slopes(arm.pre)];
    shared +=
      (spreadOf(arm, [...after, ...before]) - spreadOf(arm, [...after, ...minus(before)])) / 4;
    spread += spreadOf(arm, [0, 0, ...before]);
  }
  const theta = spread > 0 ? shared / spread : 0;
  return Math.abs(theta) < 1e-8 ? 0 : theta;
}

/**
 * Variance of one control unit in the relative difference, times R_control²: the gradient is −lift in R and θ in
 * R_before. @param lift 1 + the relative difference, after adjustment.
 */
export const liftedRatioVariance = (
  control: AdjustedRatioStatistic,
  theta: number,
  lift: number,
): number => spreadOf(control, [...slopes(control.post, -lift), ...slopes(control.pre, theta)]);

const ratioOf = ({ numerator, denominator }: RatioStatistic): number =>
  numerator.sum / denominator.sum;

/** Partial derivatives of `factor × ratio` by the means of numerator and denominator. */
function slopes(ratio: RatioStatistic, factor = 1): [number, number] {
  if (factor === 0) return [0, 0];
  const mean = sampleMoments(ratio.denominator).mean;
  return [factor / mean, (-factor * ratioOf(ratio)) / mean];
}

const minus = (values: readonly number[]): number[] => values.map((value) => -value);

/** gᵀΛg, Λ the covariance of the four values of one unit. */
function spreadOf(
  { post, pre, sumProducts }: AdjustedRatioStatistic,
  g: readonly number[],
): number {
  const parts = [post.numerator, post.denominator, pre.numerator, pre.denominator];
  const products = [
    [0, post.sumProducts, sumProducts.numerators, sumProducts.numeratorByDenominator],
    [0, 0, sumProducts.denominatorByNumerator, sumProducts.denominators],
    [0, 0, 0, pre.sumProducts],
  ];
  let spread = 0;
  for (let i = 0; i < 4; i++) {
    spread += g[i] * g[i] * sampleMoments(parts[i]).variance;
    for (let j = i + 1; j < 4; j++) {
      spread += 2 * g[i] * g[j] * covariance(parts[i], parts[j], products[i][j]);
    }
  }
  return spread;
}
