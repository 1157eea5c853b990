import type { MlpSet } from '../../../../../backend/science/learn/mlp/batches.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';

/**
 * Slates in which the best item is the one whose first two codes agree (both high or both low): an interaction that
 * no additive score can express. One item per slate is rewarded.
 */
export function agreeingSlates(slates: number, features: number, seed: number): MlpSet {
  const random = seededRandom(seed);
  const lengths = Array.from({ length: slates }, () => 2 + Math.floor(10 * random()));
  const starts = new Uint32Array(slates + 1);
  lengths.forEach((length, slate) => (starts[slate + 1] = starts[slate] + length));
  const rows = starts[slates];
  const codes = Uint8Array.from({ length: rows * features }, () => 1 + Math.floor(8 * random()));
  const reward = new Float64Array(rows);
  for (let slate = 0; slate < slates; slate++) {
    let [best, most] = [starts[slate], Number.NEGATIVE_INFINITY];
    for (let row = starts[slate]; row < starts[slate + 1]; row++) {
      const agree = codes[row] > 4 === codes[rows + row] > 4;
      const score = (agree ? 3 : 0) - Math.log(-Math.log(random() * 0.999 + 5e-4));
      if (score > most) [best, most] = [row, score];
    }
    reward[best] = 1;
  }
  return {
    rows,
    features,
    codes,
    starts,
    reward,
    position: new Uint16Array(rows),
    at: new Float64Array(slates),
    cluster: new Uint32Array(slates),
  };
}
