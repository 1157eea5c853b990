import {
  bucketCount,
  featureIndex,
  type ConstraintSpec,
  type Schema,
} from '../../shared/features/schema.ts';
import { STRIDE } from '../../shared/score/scorer.ts';

/**
 * Puts weights back inside the declared constraints: the nearest point in the metric that `scale` gives,
 * `argmin_v Σ scaleⱼ (vⱼ − wⱼ)²`. In place. Bounds apply after the order, which keeps both (clipping is monotone).
 * @param weights log-odds, `Float64Array(≥ F × STRIDE)`.
 * @param slope log-odds per point: bounds are declared in points.
 */
export function project(
  schema: Schema,
  weights: Float64Array,
  scale: Float64Array,
  slope: number,
): void {
  for (const constraint of schema.constraints) {
    const feature = featureIndex(schema, constraint.feature);
    const from = feature * STRIDE + 1;
    const to = feature * STRIDE + bucketCount(schema.features[feature]);
    const own = weights.subarray(from, to);
    if (constraint.monotone !== undefined)
      projectOrder(own, scale.subarray(from, to), constraint.monotone);
    clip(own, constraint, slope);
  }
}

function clip(weights: Float64Array, { min, max }: ConstraintSpec, slope: number): void {
  const low = (min ?? Number.NEGATIVE_INFINITY) * slope;
  const high = (max ?? Number.POSITIVE_INFINITY) * slope;
  for (let i = 0; i < weights.length; i++) weights[i] = Math.min(high, Math.max(low, weights[i]));
}

/** Weighted isotonic regression by pooling adjacent violators (Barlow et al. 1972). */
function projectOrder(
  weights: Float64Array,
  scale: Float64Array,
  order: 'increasing' | 'decreasing',
): void {
  const sign = order === 'increasing' ? 1 : -1;
  const blocks: { mean: number; mass: number; length: number }[] = [];
  for (let i = 0; i < weights.length; i++) {
    // A bucket never seen has no scale of its own: a hair keeps the mean defined and follows its neighbours.
    let block = { mean: sign * weights[i], mass: scale[i] + 1e-12, length: 1 };
    while (blocks.length > 0 && blocks.at(-1)!.mean > block.mean) {
      const before = blocks.pop()!;
      const mass = before.mass + block.mass;
      const mean = (before.mean * before.mass + block.mean * block.mass) / mass;
      block = { mean, mass, length: before.length + block.length };
    }
    blocks.push(block);
  }
  let i = 0;
  for (const { mean, length } of blocks)
    for (let n = 0; n < length; n++) weights[i++] = sign * mean;
}
