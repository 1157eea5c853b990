import { STRIDE, toPoints } from '../../../../shared/score/scorer.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import type { Explainer } from './explainer.ts';

/**
 * Shapley values of a sum of one weight per feature: each feature's points minus their mean (Štrumbelj &
 * Kononenko, 2014; "linear SHAP" in Lundberg & Lee, 2017). Exact for independent features.
 * @param weights units, `F × STRIDE`, of a scorer without learned crosses. @param background rows over which the mean is taken.
 */
export function linearExplainer(weights: Int32Array, background: TrainingSet): Explainer {
  const means = pointsMoments(weights, background).map(({ mean }) => mean);
  return {
    expected: means.reduce((sum, mean) => sum + mean, 0),
    add(codes, into) {
      for (let feature = 0; feature < means.length; feature++)
        into[feature] += toPoints(weights[feature * STRIDE + codes[feature]]) - means[feature];
    },
  };
}

/** Mean and variance of each feature's points over the rows of a set. */
export function pointsMoments(
  weights: Int32Array,
  { rows, codes }: Pick<TrainingSet, 'rows' | 'codes'>,
): { readonly mean: number; readonly variance: number }[] {
  return Array.from({ length: weights.length / STRIDE }, (_, feature) => {
    const counts = new Float64Array(STRIDE);
    for (const code of codes.subarray(feature * rows, (feature + 1) * rows)) counts[code]++;
    const average = (of: (bucket: number) => number) =>
      counts.reduce((sum, count, bucket) => (count === 0 ? sum : sum + count * of(bucket)), 0) /
      Math.max(rows, 1);
    const points = (bucket: number) => toPoints(weights[feature * STRIDE + bucket]);
    const mean = average(points);
    return { mean, variance: average((bucket) => (points(bucket) - mean) ** 2) };
  });
}
