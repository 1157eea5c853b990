import { seededRandom } from '../explore/random.ts';
import { UNITS_PER_POINT } from './fixed-point.ts';
import { weightCounts } from './learned-cross.ts';
import { DEVIATIONS_PER_POINT, type Posterior } from './posterior.ts';
import { MAX_SCORE_UNITS, rangeOf, type AdditiveScorer } from './scorer.ts';
import { STRIDE } from './stride.ts';

/** Raises are whole steps of 1/16 of a point, so that a decision holds one in two bytes. */
export const RAISE_STEP = UNITS_PER_POINT / 16;

/**
 * The share of rankings in which weights are raised; the others are drawn as if all were known exactly. A raised ranking takes
 * up to two scans of the catalogue and its propensities are far from even, so few rankings do all of it: the others cost no more
 * time than without, and off-policy estimates keep most of their precision.
 */
export const RAISED_SHARE = 0.25;

/** The raises of a ranking are drawn apart from its slots, from the same seed. */
const OTHER_STREAM = 0x5bd1e995;

/** The sum of four bytes by chance: its mean, its standard deviation √(4 (256² − 1) / 12), and the most that it is above the mean. */
const BYTES_MEAN = 510;
const BYTES_DEVIATION = 147.8;
const MOST_ABOVE = 510;

/**
 * By how much one ranking raises each weight, in units, `Int32Array((F + crosses) × STRIDE)`, of a scorer that has a posterior; undefined in
 * the rankings that raise none. A raise is `optimism · sd · max(0, z)`, with z drawn for each bucket (optimistic Bayesian sampling: B. C. May, N. Korda, A. Lee and D. S. Leslie, JMLR
 * 13, 2012). Like Thompson's sampling it tries what is little known in some rankings and not in others, so that a batch of
 * rankings under the same weights tries many things; but as no weight is lowered, an item that a raise leaves out of the pool
 * has at most the score that the last one in it has after its raise, and `limitLoss` needs no more to bound what raising costs.
 *
 * z is the sum of four uniform bytes, standardised: within 0.01 of the normal distribution function up to ±2, never above 3.5, and,
 * unlike logarithms and cosines, the same on every engine.
 * A raise is never so large that a score could leave its range.
 */
export function drawRaises(
  scorer: AdditiveScorer & { readonly posterior: Posterior },
  optimism: number,
  seed: number,
): Int32Array | undefined {
  const random = seededRandom(seed ^ OTHER_STREAM);
  if (random() >= RAISED_SHARE) return undefined;
  const { posterior } = scorer;
  const { cells, room } = raisable(scorer);
  const perByte = (Math.min(optimism, room) * 16) / (DEVIATIONS_PER_POINT * BYTES_DEVIATION);
  const raises = new Int32Array(posterior.length);
  for (let i = 0; i < cells.length; i++) {
    const bits = random() * 0x1_0000_0000;
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    if (sum <= BYTES_MEAN) continue;
    const cell = cells[i];
    raises[cell] = RAISE_STEP * Math.round(perByte * posterior[cell] * (sum - BYTES_MEAN));
  }
  return raises;
}

interface Raisable {
  /** Where weights are that can change an order and are not known exactly. */
  readonly cells: Uint32Array;
  /** With more optimism than this, raises could lead a score out of its range. */
  readonly room: number;
}

/** By a scorer's weights, so that no ranking has to find it out again. */
const known = new WeakMap<Int32Array, Raisable>();

function raisable(scorer: AdditiveScorer & { readonly posterior: Posterior }): Raisable {
  const { schema, weights, posterior } = scorer;
  const before = known.get(weights);
  if (before !== undefined) return before;
  const cells: number[] = [];
  let most = 0;
  const counts = weightCounts(scorer);
  counts.forEach((_, feature) => {
    // What all items have changes no order.
    if (schema.features[feature]?.kind === 'constant') return;
    const own = posterior.subarray(feature * STRIDE, (feature + 1) * STRIDE);
    own.forEach((deviation, bucket) => deviation > 0 && cells.push(feature * STRIDE + bucket));
    most += (Math.max(...own) / DEVIATIONS_PER_POINT) * UNITS_PER_POINT;
  });
  // A step more per feature for rounding.
  const left = MAX_SCORE_UNITS - 1 - rangeOf(scorer).high - RAISE_STEP * counts.length;
  const room = Math.max(0, left) / ((most * MOST_ABOVE) / BYTES_DEVIATION || 1);
  const found = { cells: Uint32Array.from(cells), room };
  known.set(weights, found);
  return found;
}
