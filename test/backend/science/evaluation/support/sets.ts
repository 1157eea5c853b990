import type { TrainingSet } from '../../../../../backend/science/learn/training-set.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';

/** Slates of 1 to 12 random items, some rewarded; `worth[row]` is the log-odds that the rewards were drawn with. */
export function randomSet({
  seed,
  slates,
  features,
  buckets = 5,
}: {
  seed: number;
  slates: number;
  features: number;
  buckets?: number;
}): { set: TrainingSet; worth: Float64Array } {
  const random = seededRandom(seed);
  const starts = new Uint32Array(slates + 1);
  for (let s = 0; s < slates; s++) starts[s + 1] = starts[s] + 1 + Math.floor(random() * 12);
  const rows = starts[slates];
  const codes = Uint8Array.from({ length: features * rows }, () => Math.floor(random() * buckets));
  const worth = Float64Array.from({ length: rows }, (_, row) => codes[row] - buckets / 2 - 1);
  const set = {
    rows,
    features,
    codes,
    starts,
    reward: worth.map((logOdds) => (random() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0)),
    position: Uint16Array.from(
      Array.from({ length: slates }, (_, s) =>
        Array.from({ length: starts[s + 1] - starts[s] }, (__, slot) => slot + 1),
      ).flat(),
    ),
    at: Float64Array.from({ length: slates }, (_, s) => 1000 * s),
    cluster: Uint32Array.from({ length: slates }, (_, s) => Math.floor(s / 3)),
  };
  return { set, worth };
}
