import { seededRandom } from '../explore/random.ts';
import type { BucketRows } from './bucket-rows.ts';
import { UNITS_PER_POINT } from './fixed-point.ts';
import { DEVIATIONS_PER_POINT, type Posterior } from './posterior.ts';
import { MAX_SCORE_UNITS, rangeOf, type AdditiveScorer } from './scorer.ts';
import { STRIDE } from './stride.ts';

/** Raises are whole steps of 1/16 of a point, so that a decision holds one in two bytes. */
export const RAISE_STEP = UNITS_PER_POINT / 16;

/**
 * The share of rankings in which weights are raised; the others are drawn as if all were known exactly. The propensities of a raised
 * ranking are far from even, so few rankings do it, and off-policy estimates keep most of their precision.
 */
export const RAISED_SHARE = 0.25;

/** The raises of a ranking are drawn apart from its slots, from the same seed. */
const OTHER_STREAM = 0x5bd1e995;

/** The sum of four bytes by chance: its mean, its standard deviation √(4 (256² − 1) / 12), and the most that it is above the mean. */
const BYTES_MEAN = 510;
const BYTES_DEVIATION = 147.8;
const MOST_ABOVE = 510;

/** By how much one ranking raises the weights of a feature, by bucket, in units: `Int32Array(STRIDE)`. */
export interface FeatureRaise {
  readonly feature: number;
  readonly units: Int32Array;
}

export interface RaiseOptions {
  readonly optimism: number;
  /** What a raised ranking may lose at most per slot, in units; infinite: no limit. Where all features are raised, it is for `limitLoss` to keep. */
  readonly maxLoss: number;
  readonly slots: number;
  readonly seed: number;
  /** What items have of a feature; undefined where all have the same. */
  readonly rowsOf: (feature: number) => BucketRows | undefined;
}

type Unsure = AdditiveScorer & { readonly posterior: Posterior };

/**
 * By how much one ranking raises weights; undefined in the rankings that raise none. A raise is `optimism · sd · max(0, z)`, with z
 * drawn for each bucket (optimistic Bayesian sampling: B. C. May, N. Korda, A. Lee and D. S. Leslie, JMLR
 * 13, 2012). Like Thompson's sampling it tries what is little known in some rankings and not in others, so that a batch of
 * rankings under the same weights tries many things; but as no weight is lowered, an item that a raise leaves out of the pool
 * has at most the score that the last one in it has after its raise.
 *
 * A version says how many features a ranking raises (`raisedFeatures`), and all of them where it does not say so: such raises
 * cost so much where little is known that `limitLoss` has to take them back.
 *
 * z is the sum of four uniform bytes, standardised: within 0.01 of the normal distribution function up to ±2, never above 3.5, and,
 * unlike logarithms and cosines, the same on every engine.
 * A raise is never so large that a score could leave its range.
 */
export function drawRaises(
  scorer: Unsure,
  options: RaiseOptions,
): readonly FeatureRaise[] | undefined {
  const random = seededRandom(options.seed ^ OTHER_STREAM);
  if (random() >= RAISED_SHARE) return undefined;
  const { raisedFeatures } = scorer.exploration;
  return raisedFeatures === undefined
    ? raiseAll(scorer, options, random)
    : raiseSome(scorer, raisedFeatures, options, random);
}

/**
 * Raises so many features at most, one after the other, drawn without replacement in proportion to the variance that each gives to
 * the scores of this request's items: that of its least known bucket among them. The weights are independent in the posterior, so that
 * what is not known of the difference between two items is the sum of those. Of a feature, the bucket with the highest raise gets it
 * and the others none: they would take away from what sets it apart.
 *
 * What a slate loses is known to be small before anything is scored, so that no catalogue has to be scored twice: as the raised
 * scores of the slate sum to no less than those of the best slate by the weights, it loses no more than was raised in it. That is
 * most where it is full of raised items. No feature is raised by more than what is left then of `maxLoss` per slot: one of which
 * nothing is known takes all of it, and of those that are known better several find room. What few items have may be raised by much.
 */
function raiseSome(
  scorer: Unsure,
  count: number,
  { optimism, maxLoss, slots, rowsOf }: RaiseOptions,
  random: () => number,
): readonly FeatureRaise[] | undefined {
  const { posterior, schema } = scorer;
  const { deviations, left } = raisable(scorer);
  const have = schema.features.map((_, feature) => rowsOf(feature));
  const variances = have.map((own, feature) =>
    varianceOf(posterior, feature, own, deviations[feature]),
  );
  let [mayLose, room] = [maxLoss / RAISE_STEP, left / RAISE_STEP];
  const raises: FeatureRaise[] = [];
  for (let i = 0; i < count && mayLose >= 1; i++) {
    const feature = pickFeature(variances, random);
    if (feature === undefined) break;
    variances[feature] = 0;
    const { bucket, steps, rows } = highestRaise(
      posterior,
      feature,
      have[feature]!,
      optimism,
      random,
    );
    const ofSlate = Math.min(rows, slots) / slots;
    const own = Math.floor(Math.min(steps, mayLose / ofSlate, room));
    if (!(own > 0)) continue;
    mayLose -= own * ofSlate;
    room -= own;
    const units = new Int32Array(STRIDE);
    units[bucket] = RAISE_STEP * own;
    raises.push({ feature, units });
  }
  return raises.length === 0 ? undefined : raises;
}

/** Of the buckets that some item has: the one with the highest raise, in steps of `RAISE_STEP`, and how many items have it. */
function highestRaise(
  posterior: Posterior,
  feature: number,
  { buckets, rows }: BucketRows,
  optimism: number,
  random: () => number,
): { readonly bucket: number; readonly steps: number; readonly rows: number } {
  const counts = new Uint32Array(STRIDE);
  for (let at = 0; at < buckets.length; at++)
    counts[buckets[at]] += rows === undefined ? 1 : rows[at];
  let [highest, steps] = [0, 0];
  for (let bucket = 0; bucket < STRIDE; bucket++) {
    if (counts[bucket] === 0) continue;
    const own = posterior[feature * STRIDE + bucket] * bytesAboveMean(random);
    if (own > steps) [highest, steps] = [bucket, own];
  }
  return { bucket: highest, steps: stepsPerByte(optimism) * steps, rows: counts[highest] };
}

/**
 * Of the least known weight among the buckets that items have; 0 where all have the same one.
 * @param most the standard deviation of the feature's least known weight: nothing can be above it, which ends the search.
 */
function varianceOf(
  posterior: Posterior,
  feature: number,
  have: BucketRows | undefined,
  most: number,
): number {
  if (have === undefined) return 0;
  const { buckets, rows } = have;
  let [greatest, first] = [0, -1];
  let isOne = true;
  for (let at = 0; at < buckets.length && (isOne || greatest < most); at++) {
    if (rows !== undefined && rows[at] === 0) continue;
    const bucket = buckets[at];
    if (first < 0) first = bucket;
    else if (bucket !== first) isOne = false;
    const deviation = posterior[feature * STRIDE + bucket];
    if (deviation > greatest) greatest = deviation;
  }
  return isOne ? 0 : greatest * greatest;
}

/** @returns undefined where all are 0. */
function pickFeature(variances: readonly number[], random: () => number): number | undefined {
  let left = random() * variances.reduce((sum, own) => sum + own, 0);
  const picked = variances.findIndex((own) => (left -= own) < 0);
  return picked < 0 ? undefined : picked;
}

/** Raises every feature that has a posterior, whatever that may cost. */
function raiseAll(
  scorer: Unsure,
  { optimism, rowsOf }: RaiseOptions,
  random: () => number,
): readonly FeatureRaise[] {
  const { posterior, schema } = scorer;
  const { cells, room } = raisable(scorer);
  const perByte = stepsPerByte(Math.min(optimism, room));
  const raises = new Int32Array(posterior.length);
  for (let i = 0; i < cells.length; i++) {
    const above = bytesAboveMean(random);
    if (above > 0)
      raises[cells[i]] = RAISE_STEP * Math.round(perByte * posterior[cells[i]] * above);
  }
  // Raising all items alike, such as by what the visitor did not say, changes no order and would count as if it could cost something.
  return schema.features.flatMap((_, feature) =>
    rowsOf(feature) === undefined
      ? []
      : { feature, units: raises.subarray(feature * STRIDE, (feature + 1) * STRIDE) },
  );
}

const stepsPerByte = (optimism: number) =>
  (optimism * 16) / (DEVIATIONS_PER_POINT * BYTES_DEVIATION);

/** `max(0, z)` in standard deviations of `BYTES_DEVIATION`. */
function bytesAboveMean(random: () => number): number {
  const bits = random() * 0x1_0000_0000;
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return Math.max(0, sum - BYTES_MEAN);
}

interface Raisable {
  /** Of the least known weight of each feature, in 1/256 of a point. */
  readonly deviations: readonly number[];
  /** By how many units any score can be raised and stays in its range. */
  readonly left: number;
  /** Where weights are that can change an order and are not known exactly. */
  readonly cells: Uint32Array;
  /** With more optimism than this, raises could lead a score out of its range. */
  readonly room: number;
}

/** By a scorer's weights, so that no ranking has to find it out again. */
const known = new WeakMap<Int32Array, Raisable>();

function raisable(scorer: Unsure): Raisable {
  const { schema, weights, posterior } = scorer;
  const before = known.get(weights);
  if (before !== undefined) return before;
  const cells: number[] = [];
  const deviations: number[] = [];
  let most = 0;
  schema.features.forEach(({ kind }, feature) => {
    const own = posterior.subarray(feature * STRIDE, (feature + 1) * STRIDE);
    deviations.push(Math.max(...own));
    // What all items have changes no order.
    if (kind === 'constant') return;
    own.forEach((deviation, bucket) => deviation > 0 && cells.push(feature * STRIDE + bucket));
    most += (deviations[feature] / DEVIATIONS_PER_POINT) * UNITS_PER_POINT;
  });
  // A step more per feature for rounding.
  const left = Math.max(
    0,
    MAX_SCORE_UNITS - 1 - rangeOf(scorer).high - RAISE_STEP * schema.features.length,
  );
  const room = left / ((most * MOST_ABOVE) / BYTES_DEVIATION || 1);
  const found = { cells: Uint32Array.from(cells), deviations, left, room };
  known.set(weights, found);
  return found;
}
