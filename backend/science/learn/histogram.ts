import { STRIDE } from '../../../shared/score/stride.ts';
import type { CodeMatrix } from './code-matrix.ts';

/** Sums per (feature, bucket): `gradient[feature * STRIDE + bucket]`, same for `hessian`. */
export interface Histogram {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/**
 * For every feature and bucket, the sum of gradient and of hessian over the rows that have it. These sums are the
 * gradient of an additive model over one-hot buckets, and what trees split on: the devices' kernels are tested
 * against this plain loop. It goes feature by feature, so that the 256 sums in use stay in the nearest cache.
 * @param gradient one per row; so is `hessian`.
 * @param into reused when given: a fit calls this hundreds of times.
 */
export function histogram(
  { rows, features, codes }: CodeMatrix,
  gradient: Float64Array,
  hessian: Float64Array,
  into: Histogram = emptyHistogram(features),
): Histogram {
  into.gradient.fill(0);
  into.hessian.fill(0);
  for (let feature = 0; feature < features; feature++) {
    const column = codes.subarray(feature * rows, (feature + 1) * rows);
    const sums = into.gradient.subarray(feature * STRIDE, (feature + 1) * STRIDE);
    const curvature = into.hessian.subarray(feature * STRIDE, (feature + 1) * STRIDE);
    for (let row = 0; row < rows; row++) {
      const bucket = column[row];
      sums[bucket] += gradient[row];
      curvature[bucket] += hessian[row];
    }
  }
  return into;
}

export const emptyHistogram = (features: number): Histogram => ({
  gradient: new Float64Array(features * STRIDE),
  hessian: new Float64Array(features * STRIDE),
});

/** The additive scores, which are the histogram's transpose: `scores[row] = Σ weights[feature * STRIDE + code]`. */
export function additiveScores(
  { rows, features, codes }: CodeMatrix,
  weights: Float64Array,
  into: Float64Array = new Float64Array(rows),
): Float64Array {
  into.fill(0);
  for (let feature = 0; feature < features; feature++) {
    const column = codes.subarray(feature * rows, (feature + 1) * rows);
    const own = weights.subarray(feature * STRIDE, (feature + 1) * STRIDE);
    for (let row = 0; row < rows; row++) into[row] += own[column[row]];
  }
  return into;
}
