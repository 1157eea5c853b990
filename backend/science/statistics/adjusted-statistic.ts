import type { AdjustedStatistic } from './statistics.ts';
import { alwaysDefined, type Moments, type StatisticKind } from './statistic-kind.ts';
import { addSamples, covariance, sampleMoments } from './sample-statistic.ts';

/**
 * θ = cov(Y, X) / var(X), pooled over both arms; 0 where either has no variance but the rounding error of its sum of
 * squares, by which θ would be divided.
 */
export function pooledTheta({ post, pre, sumProducts }: AdjustedStatistic): number {
  const [y, x] = [sampleMoments(post), sampleMoments(pre)];
  if (isRounding(x) || isRounding(y)) return 0;
  return covariance(post, pre, sumProducts) / x.variance;
}

const isRounding = ({ mean, variance }: Moments): boolean => variance <= 1e-12 * mean * mean;

const add = (a: AdjustedStatistic, b: AdjustedStatistic): AdjustedStatistic => ({
  kind: 'adjusted',
  post: Object.freeze(addSamples(a.post, b.post)),
  pre: Object.freeze(addSamples(a.pre, b.pre)),
  sumProducts: a.sumProducts + b.sumProducts,
});

/** CUPED: the metric minus θ × its value from before the experiment (Deng, Xu, Kohavi & Walker, 2013). */
export const adjusted: StatisticKind<AdjustedStatistic> = {
  units: ({ post }) => post.n,
  /** `Ȳ − θX̄`, `σ_Y² + θ²σ_X² − 2θσ_XY`. */
  moments({ post, pre, sumProducts }, theta) {
    const [y, x] = [sampleMoments(post), sampleMoments(pre)];
    const spread =
      y.variance + theta * theta * x.variance - 2 * theta * covariance(post, pre, sumProducts);
    return { mean: y.mean - theta * x.mean, variance: Math.max(0, spread) };
  },
  add,
  theta: (arms) => pooledTheta(arms.reduce(add)),
  isDefined: alwaysDefined,
  lift: (control, treatment) =>
    sampleMoments(treatment.post).mean / sampleMoments(control.post).mean,
  /**
   * Of `(Ȳ_t − θX̄_t − Ȳ_c + θX̄_c) / Ȳ_c`, times Ȳ_c²: the gradient is −lift in Y and θ in X, the lift taken on the
   * unadjusted means (as GrowthBook does).
   */
  liftedVariance: ({ post, pre, sumProducts }, theta, lift) =>
    lift * lift * sampleMoments(post).variance +
    theta * theta * sampleMoments(pre).variance -
    2 * lift * theta * covariance(post, pre, sumProducts),
};
