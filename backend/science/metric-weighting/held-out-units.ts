import { seededRandom } from '../../../shared/explore/random.ts';
import { shuffle } from '../statistics/shuffle.ts';

const FOLDS = 5;
const LATEST_SHARE = 0.25;

/**
 * Splits `count` units into held-out folds. Where their times are known, the only fold is the latest quarter, because
 * weights are used on future units. Otherwise there are seeded folds, which hold each unit once.
 * @param at epoch ms of each unit. @returns disjoint folds of unit numbers, ascending.
 */
export function heldOutUnits(
  count: number,
  at: ArrayLike<number> | undefined,
  seed: number,
): Uint32Array[] {
  const units = Uint32Array.from({ length: count }, (_, i) => i);
  if (at !== undefined) {
    const moments = Float64Array.from(at).toSorted();
    const from = moments[Math.floor(count * (1 - LATEST_SHARE))];
    const latest = units.filter((unit) => at[unit] >= from);
    // Not where most units have the same time.
    if (latest.length < count / 2) return [latest];
  }
  const random = seededRandom(seed);
  const foldOf = units.map((unit) => unit % FOLDS);
  shuffle(foldOf, random);
  return Array.from({ length: FOLDS }, (_, fold) => units.filter((unit) => foldOf[unit] === fold));
}
