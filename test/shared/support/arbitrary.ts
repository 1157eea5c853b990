import * as fc from 'fast-check';
import type { Item } from '../../../shared/domain/item.ts';
import type { ItemId, Version } from '../../../shared/domain/ids.ts';
import type { Visit } from '../../../shared/domain/rank-request.ts';
import { TOUCH_TYPES } from '../../../shared/domain/visitor-history.ts';
import { bucketCount, parseSchema, type Schema } from '../../../shared/features/schema.ts';
import {
  additiveFromPoints,
  STRIDE,
  type CrossPoints,
  type Scorer,
} from '../../../shared/score/scorer.ts';
import type { Competition } from '../../oracle/encode.ts';
import {
  flatNetwork,
  flatTrees,
  randomForest,
  randomNetwork,
} from '../../oracle/random-rerankers.ts';

/**
 * Random schemas, items and requests over few words and few numbers, so that matches, ties, equal values and
 * missing ones are common. Numbers include tenths, which have no exact binary form.
 */
const WORDS = ['a', 'b', 'c', 'd', 'e'];
const EVENTS = ['view', 'click', 'save'];
const NOW_MS = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;

const word = fc.constantFrom(...WORDS);
const words = fc.uniqueArray(word, { maxLength: 4 });
const number = fc.oneof(fc.integer({ min: -3, max: 20 }), fc.constantFrom(0.1, 0.2, 0.3, 1.1, 7.7));
const missing = fc.constantFrom(undefined, null, '');
const most = fc.integer({ min: 1, max: 4 });
const rising = fc
  .uniqueArray(number, { minLength: 1, maxLength: 4 })
  .map((edges) => edges.toSorted((a, b) => a - b));
const only = fc.option(fc.subarray(EVENTS), { nil: undefined });
const numberColumn = fc.constantFrom('number1', 'number2');
const preference = fc.constantFrom('p', 'q', 'r');

/** No sum of weights lies on an edge, where the last digit would decide. */
const bins = fc.subarray([0.31, 0.77, 1.13, 2.9], { maxLength: 3 }).map((edges) => [0, ...edges]);
const halfLifeDays = fc.constantFrom(0.7, 3, 11.3);
const affinity = {
  kind: fc.constant('item-affinity'),
  only: fc.subarray([...TOUCH_TYPES], { minLength: 1 }),
  halfLifeDays,
  edges: bins,
};
const pastSearch = { kind: fc.constant('search-affinity'), preference, halfLifeDays, edges: bins };

const columns = [
  { name: 'word', type: 'category' },
  { name: 'set', type: 'set' },
  { name: 'number1', type: 'number' },
  { name: 'number2', type: 'number' },
  { name: 'date', type: 'date' },
  { name: 'path', type: 'path', from: ['outer', 'inner'] },
  { name: 'single', type: 'path' },
];

/** One arbitrary per bucket kind, crosses aside: those need earlier features. */
const simple = fc.oneof(
  fc.record({ kind: fc.constant('constant') }),
  fc.record({ kind: fc.constant('category'), column: fc.constant('word'), values: words }),
  fc.record({ kind: fc.constant('context'), key: fc.constantFrom('k', 'l'), values: words }),
  fc.record({ kind: fc.constant('context'), key: fc.constantFrom('k', 'l'), edges: rising }),
  fc.record({
    kind: fc.constant('category'),
    column: fc.constant('path'),
    level: fc.constantFrom(0, 1),
    values: words,
  }),
  fc.record({ kind: fc.constant('date-month'), column: fc.constant('date') }),
  fc.record({
    kind: fc.constant('request-time'),
    part: fc.constantFrom('hour', 'weekday', 'month'),
    edges: fc.option(rising, { nil: undefined }),
    utcOffsetMinutes: fc.option(fc.integer({ min: -840, max: 840 }), { nil: undefined }),
  }),
  fc.oneof(
    fc.record({ column: fc.constantFrom('word', 'set', undefined), ...affinity }),
    fc.record({
      column: fc.constant('path'),
      level: fc.constantFrom(0, 1),
      ...affinity,
    }),
    fc.record({ column: numberColumn, levelEdges: rising, ...affinity }),
  ),
  fc.oneof(
    fc.record({ column: fc.constantFrom('word', 'set'), ...pastSearch }),
    fc.record({ column: fc.constant('path'), level: fc.constantFrom(0, 1), ...pastSearch }),
    fc.record({ column: numberColumn, tolerance: fc.constantFrom(0, 0.5, 3), ...pastSearch }),
    fc.record({
      column: fc.constant('word'),
      levels: words,
      tolerance: fc.constantFrom(0, 1),
      ...pastSearch,
    }),
  ),
  fc.record({ kind: fc.constant('date-soon'), column: fc.constant('date'), days: rising }),
  fc.record({
    kind: fc.constant('hierarchy'),
    column: fc.constant('path'),
    preferences: fc.tuple(preference, preference),
  }),
  fc.record({
    kind: fc.constant('hierarchy'),
    column: fc.constant('single'),
    preferences: fc.tuple(preference),
  }),
  fc.record({ kind: fc.constant('ordinal-distance'), column: numberColumn, preference, most }),
  fc.record({
    kind: fc.constant('ordinal-distance'),
    column: fc.constant('word'),
    preference,
    most,
    levels: words,
  }),
  fc.record({
    kind: fc.constant('price-to-budget'),
    column: numberColumn,
    preference,
    overPercent: rising,
  }),
  fc.record({
    kind: fc.constant('quantile'),
    column: fc.constantFrom('number1', 'date'),
    edges: rising,
  }),
  fc.record({
    kind: fc.constant('range-distance'),
    column: numberColumn,
    preference,
    within: rising,
  }),
  fc.oneof(
    fc.record({ kind: fc.constant('recent'), measure: fc.constant('recency'), most, only }),
    fc.record({
      kind: fc.constant('recent'),
      measure: fc.constantFrom('type', 'kinds'),
      types: fc.subarray(EVENTS),
      only,
    }),
    fc.record({
      kind: fc.constant('recent'),
      measure: fc.constantFrom('count', 'age'),
      edges: rising,
      only,
    }),
  ),
  fc.record({ kind: fc.constant('recent-distance'), most, only }),
  fc.record({
    kind: fc.constant('set-overlap'),
    column: fc.constantFrom('set', 'word'),
    preference,
    most,
  }),
  fc.record({
    kind: fc.constant('slate-rank'),
    column: fc.constantFrom('number1', 'date'),
    order: fc.constantFrom('ascending', 'descending', undefined),
    among: fc.constantFrom('above', undefined),
    most,
  }),
  fc.record({
    kind: fc.constant('slate-rank'),
    among: fc.constantFrom('untouched', undefined),
    most,
  }),
  fc.record({
    kind: fc.constant('slate-ratio'),
    column: numberColumn,
    to: fc.constantFrom('median', 'touched', 'last-touched', 'lowest-above'),
    only,
    edges: rising,
  }),
);

const filters = fc.subarray([
  { column: 'word', exclude: ['a'] },
  { column: 'word', exclude: ['b', 'nowhere'] },
  { column: 'date', before: 'now' },
]);

/** 2 to 10 features of any kind, then up to 3 crosses of earlier ones. */
export const schemas: fc.Arbitrary<Schema> = fc
  .record({
    specs: fc.array(simple, { minLength: 2, maxLength: 10 }),
    crosses: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }),
    filters,
  })
  .map((made) => {
    const features: object[] = made.specs.map((spec, i) => ({ name: `f${i}`, ...spec }));
    for (const [a, b] of made.crosses) {
      const of = [a, b].map((n) => `f${n % features.length}`);
      features.push({ name: `f${features.length}`, kind: 'cross', of });
      if (!fits({ features, filters: [] })) features.pop();
    }
    return read({ features, filters: made.filters });
  });

const read = (parts: object) => parseSchema({ name: 'random', columns, ...parts });
/** Crosses of crosses can have more buckets than a byte counts. */
function fits(parts: object): boolean {
  try {
    return read(parts).features.every((feature) => bucketCount(feature) <= 256);
  } catch {
    return false;
  }
}

const attributes = fc.record({
  word: fc.oneof(word, missing),
  set: fc.oneof(words, word, missing),
  number1: fc.oneof(number, fc.constantFrom('3', '0.3', '-0'), missing),
  number2: fc.oneof(number, missing),
  date: fc.oneof(
    fc.integer({ min: -5, max: 40 }).map((days) => NOW_MS + days * DAY_MS),
    fc.constantFrom('2026-06-01', '2026-06-08T12:00:00Z', '2026-05-31T23:59:59.999Z', NOW_MS - 1),
    missing,
  ),
  outer: fc.oneof(word, missing),
  inner: fc.oneof(word, missing),
  single: fc.oneof(word, missing),
});

export const itemLists: fc.Arbitrary<Item[]> = fc
  .array(attributes, { maxLength: 40 })
  .map((list) => list.map((own, i) => ({ id: `i${i}` as ItemId, attributes: own })));

const bound = fc.option(number, { nil: undefined });
const wish = fc.oneof(
  word,
  fc.constantFrom('', '3'),
  number,
  words,
  fc.record({ min: bound, max: bound }),
);

const agoHours = fc.constantFrom(0, 1, 5, 30, 48, 240);

export const visits: fc.Arbitrary<Visit> = fc.record({
  preferences: fc.dictionary(preference, wish),
  context: fc.dictionary(
    fc.constantFrom('k', 'l', 'utcOffsetMinutes'),
    fc.oneof(word, number, fc.boolean(), fc.constant('')),
  ),
  recent: fc.array(
    fc.record({
      itemId: fc.nat({ max: 45 }).map((n) => `i${n}` as ItemId),
      type: fc.constantFrom(...EVENTS, 'other'),
      at: fc.integer({ min: -20, max: 2 }).map((seconds) => NOW_MS + seconds * 1000),
    }),
    { maxLength: 12 },
  ),
  history: fc.option(
    fc.record({
      items: fc.array(
        fc.record({
          itemId: fc.nat({ max: 45 }).map((n) => `i${n}` as ItemId),
          type: fc.constantFrom(...TOUCH_TYPES),
          agoHours,
        }),
        { maxLength: 8 },
      ),
      searches: fc.array(fc.record({ preferences: fc.dictionary(preference, wish), agoHours }), {
        maxLength: 4,
      }),
    }),
    { nil: undefined },
  ),
}) as fc.Arbitrary<Visit>;

export const competitions: fc.Arbitrary<Competition> = fc.record({
  items: itemLists,
  ordered: fc.boolean(),
  visit: visits,
  nowMs: fc.constant(NOW_MS),
});

/** Points for every bucket of a schema; few distinct ones, so that ties are common. */
export const pointsFor = (schema: Schema): fc.Arbitrary<Record<string, number[]>> =>
  fc
    .tuple(
      ...schema.features.map((feature) =>
        fc.array(
          fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -20, max: 20, noNaN: true })),
          {
            minLength: bucketCount(feature),
            maxLength: bucketCount(feature),
          },
        ),
      ),
    )
    .map((points) => Object.fromEntries(schema.features.map(({ name }, i) => [name, points[i]])));

/** Up to 3 learned crosses of a schema with points for some of their cells. */
export const crossesFor = (schema: Schema): fc.Arbitrary<CrossPoints[]> => {
  const pairs = schema.features.flatMap((second, b) =>
    schema.features
      .slice(0, b)
      .filter((first) => bucketCount(first) * bucketCount(second) <= STRIDE)
      .map((first) => [first, second] as const),
  );
  return fc.subarray(pairs, { maxLength: Math.min(3, pairs.length) }).chain((chosen) =>
    fc.tuple(
      ...chosen.map(([first, second]) => {
        const [height, width] = [bucketCount(first), bucketCount(second)];
        const point = fc.oneof(
          fc.integer({ min: -3, max: 3 }),
          fc.double({ min: -20, max: 20, noNaN: true }),
        );
        const points = fc.array(fc.array(point, { maxLength: width }), { maxLength: height });
        return points.map((own) => ({ features: [first.name, second.name] as const, points: own }));
      }),
    ),
  );
};

/** One item's codes: any bucket of each feature. */
export const codesFor = (schema: Schema): fc.Arbitrary<number[]> =>
  fc.tuple(...schema.features.map((feature) => fc.nat({ max: bucketCount(feature) - 1 })));

const seed = fc.nat({ max: 2 ** 31 });
/** How random-rerankers.ts grows one. */
export const forestShapes = fc.record({
  trees: fc.integer({ min: 1, max: 12 }),
  leaves: fc.integer({ min: 1, max: 20 }),
  seed,
});
export const networkShapes = fc.record({
  width: fc.integer({ min: 1, max: 9 }),
  hidden: fc.constantFrom(0, 1, 2, 8),
  seed,
  scale: fc.constantFrom(0.01, 1, 3, 30),
});

const about = { version: 'v000007' as Version, name: 'random' };
const rerank = fc.record({ depth: fc.integer({ min: 1, max: 60 }), adds: fc.boolean() });

/** A scorer of any kind over a schema, its first pass of `pointsFor` and `crossesFor`. */
export const scorersFor = (schema: Schema): fc.Arbitrary<Scorer> =>
  fc
    .tuple(
      pointsFor(schema),
      crossesFor(schema),
      rerank,
      fc.oneof(
        fc.constant({ kind: 'additive' } as const),
        forestShapes.map((shape) => ({ kind: 'forest', shape }) as const),
        networkShapes.map((shape) => ({ kind: 'mlp', shape }) as const),
      ),
    )
    .map(([points, crosses, how, own]): Scorer => {
      const first = additiveFromPoints(schema, points, { ...about, crosses });
      switch (own.kind) {
        case 'additive':
          return first;
        case 'forest': {
          const trees = flatTrees(randomForest(schema, own.shape));
          return { ...first, kind: 'forest', rerank: how, trees };
        }
        case 'mlp': {
          const network = flatNetwork(randomNetwork(schema, own.shape));
          return { ...first, kind: 'mlp', rerank: how, network };
        }
        default:
          throw own satisfies never;
      }
    });
