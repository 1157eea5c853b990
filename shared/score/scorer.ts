import { ApiError } from '../domain/errors.ts';
import type { Version } from '../domain/ids.ts';
import { bucketCount, type ExplorationSpec, type Schema } from '../features/schema.ts';
import type { Network } from './network.ts';
import type { Trees } from './trees.ts';
import { STRIDE } from './stride.ts';

/**
 * Weights are fixed-point: whole multiples of 2⁻¹⁶ point. Their sums are exact and do not depend on the
 * order of addition, so tables can be merged, items scored in any order and on any machine, and the edge
 * equals training bit for bit.
 */
export const UNITS_PER_POINT = 65_536;
export const toUnits = (points: number): number => Math.round(points * UNITS_PER_POINT);
export const toPoints = (units: number): number => units / UNITS_PER_POINT;

export { STRIDE };

/** |score| stays under 2¹¹ points, which leaves room for excluding rows by a large negative entry. */
export const MAX_SCORE_UNITS = 2 ** 27;
export const EXCLUDED_UNITS = -(2 ** 28);

/** Points to log-odds of a positive reward: `P(y = 1) = σ(intercept + slope · points)`. */
export interface Calibration {
  readonly intercept: number;
  readonly slope: number;
}

interface ScorerBase {
  readonly version: Version;
  readonly parent?: Version;
  /** For people: `rules`, `learned`. */
  readonly name: string;
  readonly schema: Schema;
  /** The first pass, over the whole catalogue: units, `Int32Array(F × STRIDE)`. */
  readonly weights: Int32Array;
  /** Of the score that is served: the first pass's where it is the only one. */
  readonly calibration: Calibration;
  readonly exploration: ExplorationSpec;
}

/** Adds up one weight per feature. */
export interface AdditiveScorer extends ScorerBase {
  readonly kind: 'additive';
}

/** How the best of the first pass are scored again. */
export interface Rerank {
  /** So many are scored again, 1 to 2,000; more when the pool or the slate is larger. The others are not shown. */
  readonly depth: number;
  /** True: adds to the first pass's score; false: replaces it, and the first pass only chooses who is scored. */
  readonly adds: boolean;
}

/** Re-ranks the best of its first pass by a sum of trees: a random forest or boosted trees. */
export interface ForestScorer extends ScorerBase {
  readonly kind: 'forest';
  readonly rerank: Rerank;
  readonly trees: Trees;
}

/** Re-ranks the best of its first pass by a multilayer perceptron. */
export interface MlpScorer extends ScorerBase {
  readonly kind: 'mlp';
  readonly rerank: Rerank;
  readonly network: Network;
}

export type Scorer = AdditiveScorer | ForestScorer | MlpScorer;

/** A scorer that has no version yet: it gets one when it is stored. */
export type UnversionedScorer<S extends Scorer = Scorer> = S extends Scorer
  ? Omit<S, 'version'>
  : never;

/** A scorer's first pass as a scorer of its own; its calibration is that of the whole. */
export function firstPassOf(scorer: Scorer): AdditiveScorer {
  const { version, parent, name, schema, weights, calibration, exploration } = scorer;
  const lineage = parent === undefined ? {} : { parent };
  return { kind: 'additive', version, ...lineage, name, schema, weights, calibration, exploration };
}

const UNCALIBRATED: Calibration = { intercept: 0, slope: 1 };

/**
 * @param points feature name → points by bucket; what is not named is 0.
 * @throws ApiError 400 when a feature is unknown or the scores could leave their range.
 */
export function additiveFromPoints(
  schema: Schema,
  points: Readonly<Record<string, readonly number[]>>,
  about: {
    version: Version;
    parent?: Version;
    name: string;
    calibration?: Calibration;
    exploration?: ExplorationSpec;
  },
): AdditiveScorer {
  const weights = new Int32Array(schema.features.length * STRIDE);
  for (const [name, values] of Object.entries(points)) {
    const feature = schema.features.findIndex((spec) => spec.name === name);
    if (feature < 0)
      throw new ApiError(400, 'invalid_weights', `schema ${schema.name} has no feature "${name}"`);
    const size = bucketCount(schema.features[feature]);
    if (!Array.isArray(values) || values.length > size) {
      throw new ApiError(
        400,
        'invalid_weights',
        `feature ${name} has ${size} buckets; give at most that many points`,
      );
    }
    values.forEach((value, bucket) => (weights[feature * STRIDE + bucket] = toUnits(value)));
    if (!values.every((value) => Math.abs(value) < 2048)) {
      throw new ApiError(
        400,
        'invalid_weights',
        `feature ${name}: points must be numbers between -2048 and 2048`,
      );
    }
  }
  checkTotal(rangeOf(schema, weights));
  return {
    kind: 'additive',
    schema,
    weights,
    version: about.version,
    ...(about.parent === undefined ? {} : { parent: about.parent }),
    name: about.name,
    calibration: about.calibration ?? UNCALIBRATED,
    exploration: about.exploration ?? schema.exploration,
  };
}

/** The inverse of `additiveFromPoints`: feature name → points by bucket, of the first pass. */
export function pointsOf(scorer: Scorer): Record<string, number[]> {
  return Object.fromEntries(
    scorer.schema.features.map((spec, feature) => [
      spec.name,
      Array.from({ length: bucketCount(spec) }, (_, bucket) =>
        toPoints(scorer.weights[feature * STRIDE + bucket]),
      ),
    ]),
  );
}

/** The least and the most that a sum of weights can be, in units: over all combinations of buckets. */
export function rangeOf(schema: Schema, weights: Int32Array): { low: number; high: number } {
  let [low, high] = [0, 0];
  schema.features.forEach((spec, feature) => {
    const own = weights.subarray(feature * STRIDE, feature * STRIDE + bucketCount(spec));
    low += Math.min(...own);
    high += Math.max(...own);
  });
  return { low, high };
}

/** @throws ApiError 400 when a score could be 2,048 points or more either way. */
export function checkTotal({ low, high }: { low: number; high: number }): void {
  if (low <= -MAX_SCORE_UNITS || high >= MAX_SCORE_UNITS) {
    throw new ApiError(
      400,
      'invalid_weights',
      `scores would range from ${toPoints(low)} to ${toPoints(high)} points; they must stay within ±${toPoints(MAX_SCORE_UNITS)}: scale the weights down`,
    );
  }
}

/** The first pass's score in units of one item's codes: the plain form of what every faster path computes. */
export function scoreCodes(scorer: Scorer, codes: ArrayLike<number>, offset = 0): number {
  let units = 0;
  const features = scorer.schema.features.length;
  for (let feature = 0; feature < features; feature++) {
    units += scorer.weights[feature * STRIDE + codes[offset + feature]];
  }
  return units;
}
