import { RULES_VERSION } from '../../../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../../../shared/explore/random.ts';
import { parseSchema } from '../../../../../../shared/features/schema.ts';
import { additiveFromPoints } from '../../../../../../shared/score/scorer.ts';
import type { TrainingSet } from '../../../../../../backend/science/learn/training-set.ts';

/** Two features that visitors care about, one that holds for a whole slate, two that mean nothing. */
export const schema = parseSchema({
  name: 'liked',
  columns: [],
  features: [
    { name: 'comfort', kind: 'context', key: 'comfort', edges: [1, 2, 3, 4] },
    { name: 'theme', kind: 'context', key: 'theme', values: ['sea', 'city', 'snow'] },
    { name: 'device', kind: 'context', key: 'device', values: ['phone', 'desk'] },
    { name: 'noise', kind: 'context', key: 'noise', edges: [1, 2, 3, 4, 5, 6] },
    { name: 'static', kind: 'context', key: 'static', values: ['a', 'b', 'c', 'd'] },
  ],
  training: { position: 'given', l2: 0.1 },
});

export const parent = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'rules' });

/** Log-odds by bucket: comfort rises, and the other likes one bucket. */
const LIKING = [
  [-1, 0, 1, 2, 3, 4],
  [0, 0, 1.5, 0, 0],
];
const SLOTS = 8;

/** Slates of eight in which one item is clicked, by a conditional logit on what is liked. */
export function likedSlates(slates: number, seed: number): TrainingSet {
  const random = seededRandom(seed);
  const [rows, features] = [slates * SLOTS, schema.features.length];
  const codes = new Uint8Array(rows * features);
  const reward = new Float64Array(rows);
  const sizes = [6, 5, 4, 8, 6];
  const draw = (feature: number) => Math.floor(random() * sizes[feature]);
  for (let slate = 0; slate < slates; slate++) {
    const device = draw(2);
    const odds = Array.from({ length: SLOTS }, (_, slot) => {
      const row = slate * SLOTS + slot;
      for (let feature = 0; feature < features; feature++)
        codes[feature * rows + row] = feature === 2 ? device : draw(feature);
      return Math.exp(LIKING[0][codes[row]] + LIKING[1][codes[rows + row]]);
    });
    let left = random() * odds.reduce((sum, value) => sum + value, 0);
    const clicked = odds.findIndex((value) => (left -= value) < 0);
    reward[slate * SLOTS + Math.max(clicked, 0)] = 1;
  }
  return {
    rows,
    features,
    codes,
    starts: Uint32Array.from({ length: slates + 1 }, (_, slate) => slate * SLOTS),
    reward,
    position: Uint16Array.from({ length: rows }, (_, row) => (row % SLOTS) + 1),
    at: Float64Array.from({ length: slates }, (_, slate) => 1000 * slate),
    cluster: Uint32Array.from({ length: slates }, (_, slate) => slate >> 1),
  };
}
