import type { FeatureSpec } from '../../shared/features/kinds/index.ts';
import { TOUCH_TYPES } from '../../shared/domain/visitor-history.ts';
import { seededRandom } from '../../shared/explore/random.ts';

const DAY_MS = 86_400_000;
const WORDS = ['a', 'b', 'c', 'd', 'e'];
const TYPES = ['view', 'click', 'save'];

/** At least one feature of every kind there is, so that a kind left out does not compile. */
const FEATURES: { readonly [K in FeatureSpec['kind']]: readonly object[] } = {
  category: [
    { column: 'word', values: ['a', 'b', 'c'] },
    { column: 'place', level: 1, values: ['x1', 'y1'] },
  ],
  constant: [{}],
  context: [
    { key: 'device', values: ['phone', 'desktop'] },
    { key: 'hour', edges: [6, 12, 18] },
  ],
  'date-month': [{ column: 'date' }],
  'date-soon': [{ column: 'date', days: [7, 30] }],
  hierarchy: [{ column: 'place', preferences: ['continents', 'countries'] }],
  'item-affinity': [
    { only: ['seen', 'saved'], halfLifeDays: 3, edges: [0, 0.7] },
    { column: 'word', only: ['saved'], halfLifeDays: 30, edges: [0, 0.7, 1.3] },
    { column: 'tags', only: ['seen', 'booked'], halfLifeDays: 10, edges: [0, 0.3, 0.9, 2.1] },
    { column: 'place', level: 0, only: ['seen'], halfLifeDays: 7, edges: [0, 0.7] },
    {
      column: 'price',
      levelEdges: [10.1, 30.3],
      only: ['skipped'],
      halfLifeDays: 7,
      edges: [0, 0.7],
    },
  ],
  learned: [
    { of: 'clickRate', days: 7, buckets: 5 },
    { of: 'bookingRate', days: 30, buckets: 3 },
    { of: 'views', days: 1, buckets: 10 },
  ],
  'ordinal-distance': [
    { column: 'size', preference: 'size', most: 3 },
    { column: 'word', preference: 'letter', most: 3, levels: WORDS },
  ],
  'price-to-budget': [{ column: 'price', preference: 'budget', overPercent: [0, 10, 20] }],
  quantile: [{ column: 'price', edges: [10.1, 20.2, 30.3] }],
  'range-distance': [{ column: 'size', preference: 'span', within: [0, 2.5, 5] }],
  recent: [
    { measure: 'recency', most: 4 },
    { measure: 'type', types: TYPES },
    { measure: 'kinds', types: TYPES, only: TYPES },
    { measure: 'count', edges: [1, 2, 4] },
    { measure: 'age', edges: [10, 60, 600], only: ['view'] },
  ],
  'recent-distance': [{ most: 4 }],
  related: [{ edges: [30, 60, 90] }],
  'request-time': [
    { part: 'hour', edges: [5, 11, 17] },
    { part: 'weekday', utcOffsetMinutes: 60 },
    { part: 'month' },
  ],
  'search-affinity': [
    { column: 'tags', preference: 'tags', halfLifeDays: 5, edges: [0, 0.4] },
    {
      column: 'word',
      preference: 'letter',
      levels: WORDS,
      tolerance: 1,
      halfLifeDays: 5,
      edges: [0, 0.4],
    },
    { column: 'size', preference: 'span', tolerance: 1.5, halfLifeDays: 20, edges: [0, 0.4, 0.9] },
    { column: 'place', level: 0, preference: 'continents', halfLifeDays: 20, edges: [0] },
  ],
  'set-overlap': [{ column: 'tags', preference: 'tags', most: 2 }],
  'slate-rank': [
    { column: 'price', most: 12 },
    { column: 'size', order: 'descending', most: 6 },
    { column: 'price', among: 'above', most: 6 },
    { most: 30 },
    { among: 'untouched', most: 10 },
  ],
  'slate-ratio': [
    { column: 'price', to: 'median', edges: [0.5, 0.9, 1.1, 2] },
    { column: 'price', to: 'last-touched', edges: [0.9, 1.1] },
    { column: 'price', to: 'lowest-above', edges: [0.9, 1, 1.1] },
    { column: 'size', to: 'touched', edges: [0.5, 1, 2] },
  ],
  cross: [{ of: ['category0', 'set-overlap0'] }, { of: ['slate-rank1', 'context0'] }],
};

export const EVERY_KIND = {
  name: 'every-kind',
  columns: [
    { name: 'word', type: 'category' },
    { name: 'tags', type: 'set' },
    { name: 'price', type: 'number' },
    { name: 'size', type: 'number' },
    { name: 'date', type: 'date' },
    { name: 'place', type: 'path', from: ['continent', 'country'] },
  ],
  features: Object.entries(FEATURES).flatMap(([kind, specs]) =>
    specs.map((spec, i) => Object.assign({ name: `${kind}${i}`, kind }, spec)),
  ),
  filters: [
    { column: 'word', exclude: ['e'] },
    { column: 'date', before: 'now' },
  ],
  related: { by: [{ column: 'word' }] },
  exploration: { temperature: 8, epsilon: 0.1, poolSize: 300 },
};

type Random = () => number;
type Flat = { readonly id: string } & Readonly<Record<string, unknown>>;
const whole = (random: Random, below: number) => Math.floor(random() * below);
const pick = <T>(random: Random, from: readonly T[]): T => from[whole(random, from.length)];
const some = (random: Random) => WORDS.filter(() => random() < 0.4);

/** Attributes with equal values, missing ones and tenths, which have no exact binary form. */
function attributes(random: Random, nowMs: number): Record<string, unknown> {
  const made = {
    word: pick(random, WORDS),
    tags: some(random),
    price: whole(random, 400) / 10,
    size: whole(random, 12),
    date: nowMs + whole(random, 60) * DAY_MS - 4 * DAY_MS,
    continent: pick(random, ['x', 'y']),
    country: pick(random, ['x1', 'x2', 'y1']),
  };
  return Object.fromEntries(Object.entries(made).filter(() => random() < 0.85));
}

/** In order of id, as a snapshot has them. */
export function everyKindItems(count: number, seed: number, nowMs: number): Flat[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => ({
    id: `item-${String(i).padStart(5, '0')}`,
    ...attributes(random, nowMs),
  }));
}

/**
 * Bodies of `POST /v1/rank`: every other one lets the whole catalogue compete, the others candidates, most of
 * which say something of themselves (nothing, too) and some of which the catalogue does not know.
 */
export function everyKindRequests(
  count: number,
  items: readonly Flat[],
  seed: number,
  nowMs: number,
): Record<string, unknown>[] {
  const random = seededRandom(seed);
  const candidate = () => {
    const id = random() < 0.2 ? `new-${whole(random, 1e9)}` : pick(random, items).id;
    if (random() < 0.3) return { id };
    const live = attributes(random, nowMs);
    return { id, ...live, ...(random() < 0.2 && { [pick(random, ['word', 'price'])]: null }) };
  };
  return Array.from({ length: count }, (_, i) => {
    const candidates = Array.from({ length: 20 + whole(random, 80) }, candidate);
    const known = i % 2 === 0 ? items : candidates;
    const touch = () => ({
      itemId: pick(random, known).id,
      type: pick(random, [...TYPES, 'other']),
      at: nowMs - whole(random, 900_000),
    });
    const wishes = () => {
      const min = whole(random, 10);
      const preferences = {
        tags: some(random),
        size: whole(random, 12),
        letter: pick(random, WORDS),
        budget: whole(random, 400) / 10,
        span: pick(random, [{ min, max: min + 2.5 }, { min }, { max: min }]),
        continents: [pick(random, ['x', 'y'])],
        countries: [pick(random, ['x1', 'y1', 'z1'])],
      };
      return Object.fromEntries(Object.entries(preferences).filter(() => random() < 0.7));
    };
    const session = () =>
      Array.from({ length: whole(random, 8) }, touch).toSorted((a, b) => a.at - b.at);
    const past = () => ({
      items: Array.from({ length: whole(random, 12) }, () => ({
        itemId: pick(random, random() < 0.5 ? items : known).id,
        type: pick(random, TOUCH_TYPES),
        agoHours: whole(random, 900),
      })),
      searches: Array.from({ length: whole(random, 4) }, () => ({
        preferences: wishes(),
        agoHours: whole(random, 900),
      })),
    });
    return {
      sessionId: `parity-${i}`,
      preferences: wishes(),
      context: {
        device: pick(random, ['phone', 'desktop', 'fridge']),
        hour: whole(random, 24),
        ...(random() < 0.5 && { utcOffsetMinutes: 15 * whole(random, 90) - 600 }),
      },
      ...(i % 4 < 2 ? { recent: session() } : { consent: 'personalise', recent: past() }),
      ...(i % 2 === 1 && { candidates: [...new Map(candidates.map((c) => [c.id, c])).values()] }),
      limit: 100,
    };
  });
}
