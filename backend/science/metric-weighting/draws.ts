import { studentQuantile } from '../statistics/distributions.ts';
import { cholesky } from '../statistics/cholesky.ts';
import type { MetricWeight } from './learned-weights.ts';
import { multiply } from '../statistics/matrix.ts';

/** Standard normal random numbers (Box & Muller, 1958). */
export const normals = (random: () => number, count: number): Float64Array =>
  Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );

/** A draw from N(mean, covariance). @param mean M values. @param covariance M × M, row-major. */
export function drawNormal(
  random: () => number,
  mean: Float64Array,
  covariance: Float64Array,
): Float64Array {
  const size = mean.length;
  const root = cholesky(covariance, size).map((value) => (value === Infinity ? 0 : value));
  const shift = multiply(root, normals(random, size), size, size, 1);
  return mean.map((value, i) => value + shift[i]);
}

/** Weights of the Bayesian bootstrap (Rubin, 1981): an Exponential(1) draw per unit. */
export function exponentials(random: () => number, into: Float64Array): Float64Array {
  for (let i = 0; i < into.length; i++) into[i] = -Math.log(1 - random());
  return into;
}

/**
 * Covariance of bootstrap draws, multiplied by C/(C − used), because a bootstrap of few clusters is too narrow
 * (Hesterberg, 2015).
 * @param draws vectors of M weights. @param used degrees of freedom that the fit used. @returns M × M, row-major.
 */
export function bootstrapCovariance(
  draws: readonly Float64Array[],
  clusters: number,
  used = 1,
): Float64Array {
  const size = draws[0].length;
  const mean = new Float64Array(size);
  for (const draw of draws) draw.forEach((value, i) => (mean[i] += value / draws.length));
  const covariance = new Float64Array(size * size);
  const per = clusters / (clusters - used) / (draws.length - 1);
  for (const draw of draws)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        covariance[i * size + j] += per * (draw[i] - mean[i]) * (draw[j] - mean[j]);
  return covariance;
}

/**
 * Each weight with its 95 % Student's t interval.
 * @param covariance M × M.
 * @param clusters sets the degrees of freedom.
 */
export function withIntervals(
  metrics: readonly string[],
  weights: ArrayLike<number>,
  covariance: Float64Array,
  clusters: number,
): MetricWeight[] {
  const quantile = studentQuantile(0.975, Math.max(clusters - 1, 1));
  return metrics.map((metric, i) => {
    const half = quantile * Math.sqrt(covariance[i * metrics.length + i]);
    return { metric, weight: weights[i], low: weights[i] - half, high: weights[i] + half };
  });
}
