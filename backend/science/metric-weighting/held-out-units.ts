import { seededRandom } from '../../../shared/explore/random.ts';

const FOLDS = 5;
const LATEST_SHARE = 0.25;

/**
 * Which of `count` units to judge by while learning from all others. Where it is known when they came, the latest
 * quarter: weights are used on units to come. Else seeded folds, each unit judged once.
 * @param at epoch ms of each. @returns disjoint, ascending.
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
    // All in one moment: there is no later.
    if (latest.length < count / 2) return [latest];
  }
  const random = seededRandom(seed);
  const foldOf = units.map((unit) => unit % FOLDS);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [foldOf[i], foldOf[j]] = [foldOf[j], foldOf[i]];
  }
  return Array.from({ length: FOLDS }, (_, fold) => units.filter((unit) => foldOf[unit] === fold));
}
