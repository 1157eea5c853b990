import { slateCount, type TrainingSet } from '../learn/training-set.ts';

/**
 * The rows of a slate, best score first. Equal scores go in an order drawn from the seed: ties left in the order that
 * was shown would borrow the clicks that the slots earned.
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
  return rows.toSorted((a, b) => scores[b] - scores[a] || draw(a, seed) - draw(b, seed));
}

/** Slates that earned something, each ranked: their gains best first. Others have no order that is better. */
export interface RankedGains {
  readonly slates: readonly number[];
  readonly gains: readonly Float64Array[];
}

export function rankedGains(
  set: TrainingSet,
  scores: ArrayLike<number>,
  seed: number,
): RankedGains {
  const slates: number[] = [];
  const gains: Float64Array[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    if (!earnedAnything(set, slate)) continue;
    slates.push(slate);
    gains.push(Float64Array.from(rankSlate(set, scores, slate, seed), (row) => set.reward[row]));
  }
  return { slates, gains };
}

function earnedAnything({ starts, reward }: TrainingSet, slate: number): boolean {
  for (let row = starts[slate]; row < starts[slate + 1]; row++) if (reward[row] > 0) return true;
  return false;
}

/** A whole number of 32 bits that looks drawn, the same for the same row and seed (lowbias32, C. Wellons). */
function draw(row: number, seed: number): number {
  let x = (row ^ Math.imul(seed, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
