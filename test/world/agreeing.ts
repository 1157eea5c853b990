import { parseSchema, type ConstraintSpec, type Schema } from '../../shared/features/schema.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import type { TrainingSet } from '../../backend/science/learn/training-set.ts';

/** Buckets 1..8 of features a to d; 0 is never seen. */
const BUCKETS = 8;
const FEATURES = ['a', 'b', 'c', 'd'];

export const agreeingSchema = (constraints: readonly ConstraintSpec[] = []): Schema =>
  parseSchema({
    name: 'agreeing',
    columns: [{ name: 'x', type: 'number' }],
    features: FEATURES.map((name) => ({
      name,
      kind: 'quantile',
      column: 'x',
      edges: Array.from({ length: BUCKETS - 1 }, (_, edge) => edge + 1),
    })),
    training: { objective: 'listwise', l2: 1, position: 'given' },
    constraints,
  });

/** What a visitor likes, in log-odds: a and b both high or both low, which no additive score can tell, a high, and much of c. */
export const likingOf = (codes: ArrayLike<number>): number =>
  (codes[0] > 4 === codes[1] > 4 ? 2.5 : 0) + (codes[0] > 4 ? 1 : 0) + 0.2 * codes[2];

/** Slates of 2 to 9 items, one of which the visitor takes, by the softmax of the liking. */
export function agreeingSlates(slates: number, seed: number): TrainingSet {
  const random = seededRandom(seed);
  const starts = new Uint32Array(slates + 1);
  for (let slate = 0; slate < slates; slate++)
    starts[slate + 1] = starts[slate] + 2 + Math.floor(8 * random());
  const rows = starts[slates];
  const codes = Uint8Array.from({ length: rows * FEATURES.length }, () =>
    Math.floor(1 + BUCKETS * random()),
  );
  const reward = new Float64Array(rows);
  for (let slate = 0; slate < slates; slate++) {
    const odds: number[] = [];
    for (let row = starts[slate]; row < starts[slate + 1]; row++)
      odds.push(Math.exp(likingOf(codesOf({ rows, codes }, row))));
    let left = random() * odds.reduce((sum, value) => sum + value, 0);
    const taken = odds.findIndex((value) => (left -= value) < 0);
    reward[starts[slate] + Math.max(taken, 0)] = 1;
  }
  return {
    rows,
    features: FEATURES.length,
    codes,
    starts,
    reward,
    position: new Uint16Array(rows),
    at: Float64Array.from({ length: slates }, (_, slate) => slate),
    cluster: Uint32Array.from({ length: slates }, (_, slate) => slate),
  };
}

export const codesOf = (
  { rows, codes }: Pick<TrainingSet, 'rows' | 'codes'>,
  row: number,
): number[] => FEATURES.map((_, feature) => codes[feature * rows + row]);

/** Mean over slates of 1 / place of the item taken, half of its equals before it. */
export function meanReciprocalRank({ starts, reward }: TrainingSet, scores: Float64Array): number {
  let sum = 0;
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    const own = scores.subarray(starts[slate], starts[slate + 1]);
    const taken = reward.subarray(starts[slate], starts[slate + 1]).indexOf(1);
    const ahead = (score: number) => (1 + Math.sign(score - own[taken])) / 2;
    sum += 1 / own.reduce((place, score) => place + ahead(score), 0.5);
  }
  return sum / (starts.length - 1);
}
