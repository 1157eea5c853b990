import { seededRandom } from '../../shared/explore/random.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import type { ExaminationPropensities } from '../../backend/science/evaluation/position-bias/examination.ts';
import {
  packTrainingSet,
  type LabelledSlate,
  type TrainingSet,
} from '../../backend/science/learn/training-set.ts';

export const BUCKETS = 5;
export const SLATE = 8;

/** Three features of five buckets each, and a base. `examinedSchema` as it is written. */
export const EXAMINED_SPEC = {
  name: 'examined',
  columns: ['a', 'b', 'c'].map((name) => ({ name, type: 'number' })),
  features: [
    { name: 'base', kind: 'constant' },
    ...['a', 'b', 'c'].map((name) => ({
      name,
      kind: 'quantile',
      column: name,
      edges: [1, 2, 3, 4],
    })),
  ],
  rules: {},
  training: { objective: 'listwise', l2: 1, position: 'given' },
};
export const examinedSchema = parseSchema(EXAMINED_SPEC);

/** Log of how much an item is liked, by bucket 1..5 of a, b, c; the ranker loves b more than visitors do. */
export const LIKING = [
  [0, 0.2, 0.4, 0.6, 0.8],
  [0, 0.1, 0.2, 0.3, 0.4],
  [0, 0, 0, 0, 0],
];
const LEAST_LIKED = Math.log(0.12);

/** How likely each slot is looked at. */
export const EXAMINED = Array.from({ length: SLATE }, (_, slot) => 1 / (slot + 1));

export type Order = 'shuffled' | 'by b' | 'by two rankers';

/**
 * Visitors who look at each slot with a known chance and click what they look at and like. `by b`: one ranker
 * that mostly follows feature b; `by two rankers`: half of the sessions follow b, half c.
 */
export function examinedSlates(sessions: number, seed: number, order: Order): TrainingSet {
  const random = seededRandom(seed);
  const slates: LabelledSlate[] = Array.from({ length: sessions }, (_, s) => {
    const followed = order === 'by two rankers' && random() < 0.5 ? 2 : 1;
    const items = Array.from({ length: SLATE }, () => {
      const buckets = LIKING.map(() => Math.floor(random() * BUCKETS));
      const place = order === 'shuffled' ? random() : -buckets[followed] + 1.5 * random();
      return { buckets, place };
    }).toSorted((one, other) => one.place - other.place);
    const codes = new Uint8Array(SLATE * 4);
    const reward = Float64Array.from(items, ({ buckets }, slot) => {
      codes.set([1, ...buckets.map((bucket) => bucket + 1)], slot * 4);
      const liked = buckets.reduce((sum, bucket, f) => sum + LIKING[f][bucket], LEAST_LIKED);
      return random() < EXAMINED[slot] * Math.exp(liked) ? 1 : 0;
    });
    return { at: s, sessionId: `s${s}`, codes, reward };
  });
  return packTrainingSet(examinedSchema, slates);
}

/** The propensities themselves, where there must be some. */
export function estimated(propensities: ExaminationPropensities) {
  if (propensities.kind === 'refused') throw new Error(propensities.reason);
  return propensities;
}
