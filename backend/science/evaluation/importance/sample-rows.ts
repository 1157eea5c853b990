import { seededRandom } from '../../../../shared/explore/random.ts';
import { slateCount, takeSlates, type TrainingSet } from '../../learn/training-set.ts';

/**
 * A sample of the numbers `0 .. of − 1` without replacement, ascending (selection sampling: Knuth, TAOCP 2, 3.4.2 S).
 */
export function sampleOf(of: number, wanted: number, seed: number): Uint32Array {
  const random = seededRandom(seed);
  const chosen = new Uint32Array(Math.min(of, wanted));
  for (let i = 0, taken = 0; taken < chosen.length; i++)
    if (random() * (of - i) < chosen.length - taken) chosen[taken++] = i;
  return chosen;
}

/** A sample of at most `wanted` slates with a reward. */
export function sampleRewarded(set: TrainingSet, wanted: number, seed: number): TrainingSet {
  const rewarded: number[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const reward = set.reward.subarray(set.starts[slate], set.starts[slate + 1]);
    if (reward.some((value) => value > 0)) rewarded.push(slate);
  }
  const chosen = sampleOf(rewarded.length, wanted, seed);
  return takeSlates(
    set,
    chosen.map((i) => rewarded[i]),
  );
}

/** The codes of a row's first `features` features. */
export function rowCodes(
  { rows, codes }: Pick<TrainingSet, 'rows' | 'codes'>,
  row: number,
  features: number,
): Uint8Array {
  return Uint8Array.from({ length: features }, (_, feature) => codes[feature * rows + row]);
}
