import {
  bucketCount,
  featureIndex,
  type ConstraintSpec,
  type Schema,
} from '../../../../shared/features/schema.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';

/** A penalty of `pull · |weight − prior|` on each weight. */
export interface Lasso {
  readonly prior: Float64Array;
  readonly pull: number;
}

/**
 * Puts weights back inside the declared constraints: the nearest point in the metric that `scale` gives,
 * `argmin_v Σ scaleⱼ (vⱼ − wⱼ)² / 2 + pull |vⱼ − priorⱼ|`, the latter with a lasso. In place. Bounds apply after
 * the order, which keeps both (clipping is monotone). The lasso is part of finding the order, as applying it first would not give the nearest point.
 * @param weights log-odds, `Float64Array(≥ F × STRIDE)`.
 * @param slope log-odds per point: bounds are declared in points.
 */
export function project(
  schema: Schema,
  weights: Float64Array,
  scale: Float64Array,
  slope: number,
  lasso?: Lasso,
): void {
  const given = lasso && weights.slice();
  if (lasso) shrink(weights, scale, lasso);
  for (const constraint of schema.constraints) {
    const feature = featureIndex(schema, constraint.feature);
    const from = feature * STRIDE + 1;
    const to = feature * STRIDE + bucketCount(schema.features[feature]);
    const own = weights.subarray(from, to);
    if (constraint.monotone !== undefined) {
      if (given) own.set(given.subarray(from, to));
      const pulled = lasso && { ...lasso, prior: lasso.prior.subarray(from, to) };
      projectOrder(own, scale.subarray(from, to), constraint.monotone, pulled);
    }
    clip(own, constraint, slope);
  }
}

/** The lasso's soft threshold around the prior. */
function shrink(weights: Float64Array, scale: Float64Array, { prior, pull }: Lasso): void {
  for (let j = 0; j < weights.length; j++) {
    const off = weights[j] - prior[j];
    weights[j] = prior[j] + Math.sign(off) * Math.max(0, Math.abs(off) - pull / scale[j]);
  }
}

function clip(weights: Float64Array, { min, max }: ConstraintSpec, slope: number): void {
  const low = (min ?? Number.NEGATIVE_INFINITY) * slope;
  const high = (max ?? Number.POSITIVE_INFINITY) * slope;
  for (let i = 0; i < weights.length; i++) weights[i] = Math.min(high, Math.max(low, weights[i]));
}

interface Block {
  readonly mean: number;
  readonly mass: number;
  readonly length: number;
  /** Priors of its weights, ascending; none without a lasso. */
  readonly knots: readonly number[];
  /** The common value that minimises the block's loss: the mean, unless a lasso draws it towards the priors. */
  readonly value: number;
}

/**
 * Weighted isotonic regression by pooling adjacent violators (Barlow et al. 1972), which finds the minimum of any
 * convex functions of the weights (Best, Chakravarti & Ubhaya, 2000).
 */
function projectOrder(
  weights: Float64Array,
  scale: Float64Array,
  order: 'increasing' | 'decreasing',
  lasso?: Lasso,
): void {
  const sign = order === 'increasing' ? 1 : -1;
  const blockOf = (mean: number, mass: number, length: number, knots: number[]): Block => ({
    mean,
    mass,
    length,
    knots,
    value: lowest(mean, mass, knots, lasso?.pull ?? 0),
  });
  const blocks: Block[] = [];
  for (let i = 0; i < weights.length; i++) {
    // A bucket that no row has has scale 0: a tiny mass keeps the mean defined and lets it follow its neighbours.
    const knots = lasso ? [sign * lasso.prior[i]] : [];
    let block = blockOf(sign * weights[i], scale[i] + 1e-12, 1, knots);
    while (blocks.length > 0 && blocks[blocks.length - 1].value > block.value) {
      const before = blocks.pop()!;
      const mass = before.mass + block.mass;
      const mean = (before.mean * before.mass + block.mean * block.mass) / mass;
      const both = [...before.knots, ...block.knots].toSorted((a, b) => a - b);
      block = blockOf(mean, mass, before.length + block.length, both);
    }
    blocks.push(block);
  }
  let i = 0;
  for (const { value, length } of blocks)
    for (let n = 0; n < length; n++) weights[i++] = sign * value;
}

/** `argmin_v mass (v − mean)² / 2 + pull Σ |v − knot|`. */
function lowest(mean: number, mass: number, knots: readonly number[], pull: number): number {
  for (let below = 0; below < knots.length; below++) {
    const value = mean - (pull * (2 * below - knots.length)) / mass;
    if (value <= knots[below]) return below === 0 ? value : Math.max(value, knots[below - 1]);
  }
  return knots.length === 0 ? mean : Math.max(mean - (pull * knots.length) / mass, knots.at(-1)!);
}
