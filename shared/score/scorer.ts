import { ApiError } from '../domain/errors.ts';
import type { Version } from '../domain/ids.ts';
import type { ExplorationSpec } from '../domain/exploration.ts';
import { bucketCount, type Schema } from '../features/schema.ts';
import {
  cellReader,
  crossesProblem,
  crossName,
  weightCounts,
  type LearnedCross,
} from './learned-cross.ts';
import type { Network } from './network.ts';
import type { Posterior } from './posterior.ts';
import type { Trees } from './trees.ts';
import { toPoints, toUnits } from './fixed-point.ts';
import { STRIDE } from './stride.ts';

export { STRIDE, toPoints, toUnits };

/**
 * Every score stays within ±2¹¹ points. The rest of the int32
 * range lets filters exclude rows by a large negative entry.
 */
export const MAX_SCORE_UNITS = 2 ** 27;
export const EXCLUDED_UNITS = -(2 ** 28);

/** Maps points to the probability of a positive reward: `P(y = 1) = σ(intercept + slope · points)`. */
export interface Calibration {
  readonly intercept: number;
  readonly slope: number;
}

interface ScorerBase {
  readonly version: Version;
  /** The version that this one was trained from. */
  readonly parent?: Version;
  /** A name for display, such as `rules` or `learned`. */
  readonly name: string;
  readonly schema: Schema;
  /** Pairs of features of which training found that they interact; absent where there are none. */
  readonly crosses?: readonly LearnedCross[];
  /**
   * Weights of the first pass, which scores the whole catalogue: units, `Int32Array((F + crosses) × STRIDE)`, those of the
   * features first.
   */
  readonly weights: Int32Array;
  /** Calibration of the final score. */
  readonly calibration: Calibration;
  readonly exploration: ExplorationSpec;
}

/** The score is the sum of one weight per feature, and one per learned cross. */
export interface AdditiveScorer extends ScorerBase {
  readonly kind: 'additive';
  /** Absent in versions from before it was kept: they are explored by temperature alone. */
  readonly posterior?: Posterior;
}

/** How the best items of the first pass are re-ranked. */
export interface Rerank {
  /** How many items are re-ranked, 1 to 2,000, and at least the size of pool and slate. Other items are not shown. */
  readonly depth: number;
  /**
   * True: the re-ranker's score is added to the first pass's. False: it replaces that, and the first pass only
   * selects items.
   */
  readonly adds: boolean;
}

/** Re-ranks the best items of its first pass with a sum of trees: a random forest or gradient-boosted trees. */
export interface ForestScorer extends ScorerBase {
  readonly kind: 'forest';
  readonly rerank: Rerank;
  readonly trees: Trees;
}

/** Re-ranks the best items of its first pass with a multilayer perceptron. */
export interface MlpScorer extends ScorerBase {
  readonly kind: 'mlp';
  readonly rerank: Rerank;
  readonly network: Network;
}

export type Scorer = AdditiveScorer | ForestScorer | MlpScorer;

/** A scorer that is not stored yet and therefore has no version. */
export type UnversionedScorer<S extends Scorer = Scorer> = S extends Scorer
  ? Omit<S, 'version'>
  : never;

/** The first pass as a scorer of its own. It keeps the calibration of the whole scorer. */
export function firstPassOf(scorer: Scorer): AdditiveScorer {
  const { version, parent, name, schema, crosses, weights, calibration, exploration } = scorer;
  return {
    kind: 'additive',
    version,
    ...(parent !== undefined && { parent }),
    name,
    schema,
    ...(crosses && { crosses }),
    weights,
    calibration,
    exploration,
  };
}

/** Of points set by hand, which are no log-odds: nothing was fitted yet. */
const UNCALIBRATED: Calibration = { intercept: 0, slope: 1 };

/** Whether the calibration was fitted to data, so that it makes probabilities of points. */
export const isCalibrated = ({ calibration: { intercept, slope } }: Pick<Scorer, 'calibration'>) =>
  intercept !== UNCALIBRATED.intercept || slope !== UNCALIBRATED.slope;

/** A learned cross with its weights in points, as it is shown and typed. */
export interface CrossPoints {
  /** Names of two features, the earlier one of the schema first. */
  readonly features: readonly [string, string];
  /** `points[bucket of the first][bucket of the second]`, from 0 (missing); what is left out is 0. */
  readonly points: readonly (readonly number[])[];
}

/**
 * An additive scorer from weights in points.
 * @param points feature name → points by bucket; features and buckets that are left out get 0.
 * @throws ApiError 400 when a feature is unknown or scores could leave the allowed range.
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
    posterior?: Posterior;
    crosses?: readonly CrossPoints[];
  },
): AdditiveScorer {
  const { crosses = [] } = about;
  const weights = new Int32Array((schema.features.length + crosses.length) * STRIDE);
  const set = (name: string, from: number, size: number, values: readonly number[]) => {
    if (!Array.isArray(values) || values.length > size) {
      throw new ApiError(
        400,
        'invalid_weights',
        `feature ${name} has ${size} buckets; give at most that many points`,
      );
    }
    values.forEach((value, bucket) => (weights[from + bucket] = toUnits(value)));
    if (!values.every((value) => Math.abs(value) < 2048)) {
      throw new ApiError(
        400,
        'invalid_weights',
        `feature ${name}: points must be numbers between -2048 and 2048`,
      );
    }
  };
  const indexOf = (name: string) => {
    const feature = schema.features.findIndex((spec) => spec.name === name);
    if (feature < 0)
      throw new ApiError(400, 'invalid_weights', `schema ${schema.name} has no feature "${name}"`);
    return feature;
  };
  for (const [name, values] of Object.entries(points)) {
    const feature = indexOf(name);
    set(name, feature * STRIDE, bucketCount(schema.features[feature]), values);
  }
  const pairs = crosses.map(({ features: [a, b] }): LearnedCross => [indexOf(a), indexOf(b)]);
  const own = { schema, ...(pairs.length > 0 && { crosses: pairs }) };
  const problem = crossesProblem(own);
  if (problem !== undefined) throw new ApiError(400, 'invalid_weights', problem);
  crosses.forEach((cross, k) => {
    const [rows, columns] = pairs[k].map((feature) => bucketCount(schema.features[feature]));
    const name = crossName(schema, pairs[k]);
    if (!Array.isArray(cross.points) || cross.points.length > rows)
      throw new ApiError(
        400,
        'invalid_weights',
        `the cross ${name} has ${rows} buckets of its first feature; give at most that many lists of points`,
      );
    const from = (schema.features.length + k) * STRIDE;
    cross.points.forEach((values, x) => set(name, from + x * columns, columns, values));
  });
  const scorer: AdditiveScorer = {
    kind: 'additive',
    ...own,
    weights,
    version: about.version,
    ...(about.parent === undefined ? {} : { parent: about.parent }),
    name: about.name,
    calibration: about.calibration ?? UNCALIBRATED,
    exploration: about.exploration ?? schema.exploration,
    ...(about.posterior && { posterior: about.posterior }),
  };
  checkTotal(rangeOf(scorer));
  return scorer;
}

/** The inverse of `additiveFromPoints`: feature name → points by bucket, for the first pass without its learned crosses. */
export function pointsOf(scorer: Scorer): Record<string, number[]> {
  return Object.fromEntries(
    scorer.schema.features.map((spec, feature) => [
      spec.name,
      pointsFrom(scorer.weights, feature * STRIDE, bucketCount(spec)),
    ]),
  );
}

/** The learned crosses of the first pass. */
export function crossPointsOf({
  schema,
  crosses = [],
  weights,
}: Scorer): { features: [string, string]; points: number[][] }[] {
  const { features } = schema;
  return crosses.map(([a, b], k) => ({
    features: [features[a].name, features[b].name],
    points: Array.from({ length: bucketCount(features[a]) }, (_, x) => {
      const size = bucketCount(features[b]);
      return pointsFrom(weights, (features.length + k) * STRIDE + x * size, size);
    }),
  }));
}

const pointsFrom = (weights: Int32Array, from: number, count: number): number[] =>
  Array.from(weights.subarray(from, from + count), toPoints);

/** Weights whose range of sums is asked for. */
type Weighted = Pick<Scorer, 'schema' | 'crosses' | 'weights'>;

/** Lowest and highest sum of weights in units, over all combinations of buckets; a cross counts as if its cells were free. */
export function rangeOf(scorer: Weighted): { low: number; high: number } {
  let [low, high] = [0, 0];
  weightCounts(scorer).forEach((size, feature) => {
    const own = scorer.weights.subarray(feature * STRIDE, feature * STRIDE + size);
    low += Math.min(...own);
    high += Math.max(...own);
  });
  return { low, high };
}

/** @throws ApiError 400 when a score could reach ±2,048 points. */
export function checkTotal({ low, high }: { low: number; high: number }): void {
  if (low <= -MAX_SCORE_UNITS || high >= MAX_SCORE_UNITS) {
    throw new ApiError(
      400,
      'invalid_weights',
      `scores would range from ${toPoints(low)} to ${toPoints(high)} points; they must stay within ±${toPoints(MAX_SCORE_UNITS)}: scale the weights down`,
    );
  }
}

/** The first pass's score of one item's codes in units: the reference that every faster implementation must equal. */
export function scoreCodes(scorer: Scorer, codes: ArrayLike<number>, offset = 0): number {
  const { schema, crosses, weights } = scorer;
  let units = 0;
  const features = schema.features.length;
  for (let feature = 0; feature < features; feature++) {
    units += weights[feature * STRIDE + codes[offset + feature]];
  }
  crosses?.forEach((cross, k) => {
    units += weights[(features + k) * STRIDE + cellReader(schema, cross)(codes, offset)];
  });
  return units;
}
