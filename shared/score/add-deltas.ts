import { invalid } from '../domain/errors.ts';
import type { WeightDelta } from '../domain/weight-delta.ts';
import { bucketCount, featureIndex } from '../features/schema.ts';
import { MAX_SCORE_UNITS, STRIDE, toUnits, type Scorer } from './scorer.ts';

/**
 * @returns a copy of the scorer with the deltas, in points, added to the weights of its features; learned crosses stay.
 * @throws ApiError 400 when the schema lacks a feature or bucket, or when a weight would leave the range of points.
 */
export function addDeltas<S extends Scorer>(scorer: S, deltas: readonly WeightDelta[]): S {
  const weights = scorer.weights.slice();
  for (const { feature, bucket, points } of deltas) {
    const index = featureIndex(scorer.schema, feature);
    const size = bucketCount(scorer.schema.features[index]);
    if (bucket < 0 || bucket >= size)
      throw invalid(`feature ${feature} has buckets 0 to ${size - 1}, but not ${bucket}`);
    const sum = weights[index * STRIDE + bucket] + toUnits(points);
    // Beyond what 32 bits hold it would come out as another, allowed number.
    if (Math.abs(sum) > MAX_SCORE_UNITS)
      throw invalid(
        `feature ${feature}, bucket ${bucket}: points would leave -2048 to 2048: scale the weights down`,
      );
    weights[index * STRIDE + bucket] = sum;
  }
  return { ...scorer, weights };
}
