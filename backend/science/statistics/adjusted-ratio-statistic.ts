import type { AdjustedRatioStatistic, RatioStatistic } from './statistics.ts';
import type { Moments, StatisticKind } from './statistic-kind.ts';
import { addRatios } from './ratio-statistic.ts';
import { covariance, sampleMoments } from './sample-statistic.ts';

/**
 * CUPED of a ratio of means, `R − θ R_before`: both ratios linearised by the delta method over the four means of
 * numerator and denominator, after and before (as GrowthBook's engine does). Vectors are in the order
 * [numerator, denominator, numerator before, denominator before].
 */
function adjustedRatioMoments(statistic: AdjustedRatioStatistic, theta: number): Moments {
  const { post, pre } = statistic;
  const variance = spreadOf(statistic, [...slopes(post), ...slopes(pre, -theta)]);
  const before = theta === 0 ? 0 : theta * ratioOf(pre);
  return { mean: ratioOf(post) - before, variance: Math.max(0, variance) };
}

/**
 * θ = Σ cov(R, R_before) / Σ var(R_before), summed over the arms, so that it cannot favour one; 0 where there are no
 * values from before.
 */
function ratioTheta(arms: readonly AdjustedRatioStatistic[]): number {
  if (arms.some(({ pre }) => pre.denominator.sum === 0)) return 0;
  let [shared, spread, squares] = [0, 0, 0];
  for (const arm of arms) {
    const [after, before] = [slopes(arm.post), slopes(arm.pre)];
    shared +=
      (spreadOf(arm, [...after, ...before]) - spreadOf(arm, [...after, ...minus(before)])) / 4;
    spread += spreadOf(arm, [0, 0, ...before]);
    squares += ratioOf(arm.pre) ** 2;
  }
  // Where all ratios are equal, the sums of squares leave a rounding error, by which θ would be divided.
  const theta = spread > 1e-12 * squares ? shared / spread : 0;
  return Math.abs(theta) < 1e-8 ? 0 : theta;
}

export const adjustedRatio: StatisticKind<AdjustedRatioStatistic> = {
  units: ({ post }) => post.numerator.n,
  moments: adjustedRatioMoments,
  add: (a, b) => ({
    kind: 'adjusted-ratio',
    post: Object.freeze(addRatios(a.post, b.post)),
    pre: Object.freeze(addRatios(a.pre, b.pre)),
    sumProducts: Object.freeze({
      numerators: a.sumProducts.numerators + b.sumProducts.numerators,
      numeratorByDenominator:
        a.sumProducts.numeratorByDenominator + b.sumProducts.numeratorByDenominator,
      denominatorByNumerator:
        a.sumProducts.denominatorByNumerator + b.sumProducts.denominatorByNumerator,
      denominators: a.sumProducts.denominators + b.sumProducts.denominators,
    }),
  }),
  theta: ratioTheta,
  isDefined: ({ post }) => post.denominator.sum !== 0,
  /** After adjustment, over the unadjusted mean of the control. */
  lift: (control, treatment, theta) =>
    1 +
    (adjustedRatioMoments(treatment, theta).mean - adjustedRatioMoments(control, theta).mean) /
      adjustedRatioMoments(control, 0).mean,
  /** The gradient is −lift in R and θ in R_before. */
  liftedVariance: (control, theta, lift) =>
    spreadOf(control, [...slopes(control.post, -lift), ...slopes(control.pre, theta)]),
};

const ratioOf = ({ numerator, denominator }: RatioStatistic): number =>
  numerator.sum / denominator.sum;

/** Partial derivatives of `factor × ratio` by the means of numerator and denominator. */
function slopes(ratio: RatioStatistic, factor = 1): [number, number] {
  if (factor === 0) return [0, 0];
  const mean = sampleMoments(ratio.denominator).mean;
  return [factor / mean, (-factor * ratioOf(ratio)) / mean];
}

const minus = (values: readonly number[]): number[] => values.map((value) => -value);

/** Quadratic form gᵀΛg, where Λ is the covariance matrix of one unit's four values. */
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
