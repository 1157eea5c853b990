import { slateCount, type TrainingSet } from '../learn/training-set.ts';

/**
 * The rows of a slate, best score first. Ties are broken by the seed: left in the order shown, they would profit from
 * position bias.
 * @param scores one per row of the set.
 */
export function rankSlate(
  set: Pick<TrainingSet, 'starts'>,
  scores: ArrayLike<number>,
  slate: number,
  seed: number,
): number[] {
  const first = set.starts[slate];
  const rows = Array.from({ length: set.starts[slate + 1] - first }, (_, i) => first + i);
  return rows.toSorted((a, b) => scores[b] - scores[a] || tieBreak(a, seed) - tieBreak(b, seed));
}

/**
 * The ranked slates with a reward. Slates without one are left out, because no order of theirs is better than another.
 */
export interface RankedGains {
  readonly slates: readonly number[];
  /** The rewards of each slate in ranked order. */
  readonly gains: readonly Float64Array[];
}

/** Ranks every slate that has a reward. @param scores one per row of the set. */
export function rankedGains(
  set: TrainingSet,
  scores: ArrayLike<number>,
  seed: number,
): RankedGains {
  const slates: number[] = [];
  const gains: Float64Array[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    if (!hasReward(set, slate)) continue;
    slates.push(slate);
    gains.push(Float64Array.from(rankSlate(set, scores, slate, seed), (row) => set.reward[row]));
  }
  return { slates, gains };
}

function hasReward({ starts, reward }: TrainingSet, slate: number): boolean {
  for (let row = starts[slate]; row < starts[slate + 1]; row++) if (reward[row] > 0) return true;
  return false;
}

/** A pseudo-random 32-bit number that depends only on row and seed (lowbias32, C. Wellons). */
function tieBreak(row: number, seed: number): number {
  let x = (row ^ Math.imul(seed, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
