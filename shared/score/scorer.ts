import { ApiError } from '../domain/errors.ts';
import type { Version } from '../domain/ids.ts';
import { bucketCount, type ExplorationSpec, type Schema } from '../features/schema.ts';

/**
 * Weights are fixed-point: whole multiples of 2⁻¹⁶ point. Their sums are exact and do not depend on the
 * order of addition, so tables can be merged, items scored in any order and on any machine, and the edge
 * equals training bit for bit.
 */
export const UNITS_PER_POINT = 65_536;
export const toUnits = (points: number): number => Math.round(points * UNITS_PER_POINT);
export const toPoints = (units: number): number => units / UNITS_PER_POINT;

/** Bucket stride of a weights array: `weights[feature * STRIDE + bucket]`. */
export const STRIDE = 256;

/** |score| stays under 2¹¹ points, which leaves room for excluding rows by a large negative entry. */
export const MAX_SCORE_UNITS = 2 ** 27;
export const EXCLUDED_UNITS = -(2 ** 28);

/** Points to log-odds of a positive reward: `P(y = 1) = σ(intercept + slope · points)`. */
export interface Calibration {
  readonly intercept: number;
  readonly slope: number;
}

/** A scorer that adds up one weight per feature. */
export interface AdditiveScorer {
  readonly kind: 'additive';
  readonly version: Version;
  readonly parent?: Version;
  /** For people: `rules`, `learned`. */
  readonly name: string;
  readonly schema: Schema;
  /** Units, `Int32Array(F × STRIDE)`. */
  readonly weights: Int32Array;
  readonly calibration: Calibration;
  readonly exploration: ExplorationSpec;
}

export type Scorer = AdditiveScorer;

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
  checkRange(schema, weights);
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

/** The inverse of `additiveFromPoints`: feature name → points by bucket. */
export function pointsOf(scorer: AdditiveScorer): Record<string, number[]> {
  return Object.fromEntries(
    scorer.schema.features.map((spec, feature) => [
      spec.name,
      Array.from({ length: bucketCount(spec) }, (_, bucket) =>
        toPoints(scorer.weights[feature * STRIDE + bucket]),
      ),
    ]),
  );
}

/** @throws ApiError 400 when some combination of buckets could score 2,048 points or more either way. */
export function checkRange(schema: Schema, weights: Int32Array): void {
  let [low, high] = [0, 0];
  schema.features.forEach((spec, feature) => {
    const own = weights.subarray(feature * STRIDE, feature * STRIDE + bucketCount(spec));
    low += Math.min(...own);
    high += Math.max(...own);
  });
  if (low <= -MAX_SCORE_UNITS || high >= MAX_SCORE_UNITS) {
    throw new ApiError(
      400,
      'invalid_weights',
      `scores would range from ${toPoints(low)} to ${toPoints(high)} points; they must stay within ±${toPoints(MAX_SCORE_UNITS)}: scale the weights down`,
    );
  }
}

/** Score in units of one item's codes: the plain form of what every faster path computes. */
export function scoreCodes(scorer: AdditiveScorer, codes: ArrayLike<number>, offset = 0): number {
  let units = 0;
  const features = scorer.schema.features.length;
  for (let feature = 0; feature < features; feature++) {
    units += scorer.weights[feature * STRIDE + codes[offset + feature]];
  }
  return units;
}
