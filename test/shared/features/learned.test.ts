import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseItem } from '../../../shared/domain/item.ts';
import { parseItemId } from '../../../shared/domain/ids.ts';
import {
  learnedBuckets,
  learnedPart,
  type LearnedColumn,
  type LearnedPart,
} from '../../../shared/features/columns/learned-columns.ts';
import { attributesAt, packItems } from '../../../shared/features/columns/item-table.ts';
import { bucketLabel, parseSchema, type Schema } from '../../../shared/features/schema.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { candidateTable } from '../../../shared/score/candidate-table.ts';
import { explain } from '../../../shared/score/explain.ts';
import { withLearned } from '../../../shared/score/learned-table.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints, scoreCodes } from '../../../shared/score/scorer.ts';
import { encodeItem } from '../../oracle/encode.ts';
import { fuzz } from '../support/seed.ts';

const schema = parseSchema({
  name: 'learned',
  columns: [{ name: 'word', type: 'category' }],
  features: [
    { name: 'rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 5 },
    { name: 'views', kind: 'learned', of: 'views', days: 1, buckets: 3 },
    { name: 'word', kind: 'category', column: 'word', values: ['a', 'b'] },
    { name: 'rate-of-word', kind: 'cross', of: ['rate', 'word'] },
    { name: 'again', kind: 'learned', of: 'clickRate', days: 7, buckets: 5 },
  ],
  exploration: { temperature: 0, epsilon: 0, poolSize: 1000 },
});
const visit = { preferences: {}, context: {}, recent: [] };
const NOW_MS = Date.UTC(2026, 4, 20);
const columnOf = (
  of: LearnedColumn['of'],
  days: LearnedColumn['days'],
  values: readonly number[],
): LearnedColumn => {
  const levels = [...new Set(values.filter((value) => value >= 0))].toSorted((a, b) => a - b);
  return {
    of,
    days,
    levels: Float64Array.from(levels),
    codes: Uint8Array.from(values, (value) => levels.indexOf(value) + 1),
  };
};
/** @param values of each id; −1: unknown. */
const partOf = (values: Readonly<Record<string, readonly [rate: number, views: number]>>) => {
  const ids = Object.keys(values).toSorted();
  const columns = [
    columnOf(
      'views',
      1,
      ids.map((id) => values[id][1]),
    ),
    columnOf(
      'clickRate',
      7,
      ids.map((id) => values[id][0]),
    ),
  ];
  return learnedPart({ ids: ids.map(parseItemId), columns }, 'ab'.repeat(16));
};

const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    parseItem({ id: `i${String(i).padStart(3, '0')}`, ...(i % 3 < 2 && { word: 'ab'[i % 3] }) }),
  );
const scorer = additiveFromPoints(
  schema,
  { rate: [0, 1, 2, 3, 4, 5], word: [0, 0.5, 0.25] },
  { version: RULES_VERSION, name: 'rules' },
);
const codesIn = (table: RankableTable, limit: number) => {
  const { ids, codes, units } = rankSlate(scorer, table, visit, {
    limit,
    nowMs: NOW_MS,
    seed: 1,
    exploration: schema.exploration,
  });
  const features = schema.features.length;
  ids.forEach((_, slot) => expect(units[slot]).toBe(scoreCodes(scorer, codes, slot * features)));
  return new Map(
    ids.map((id, slot) => [
      String(id),
      [...codes.subarray(slot * features, (slot + 1) * features)],
    ]),
  );
};
const expected = (given: Schema, items: ReturnType<typeof itemsOf>, part: LearnedPart) => {
  const learned: Record<string, Record<string, number>> = {};
  for (const { of, days, levels, codes } of part.columns)
    learned[`${of} ${days}`] = Object.fromEntries(
      part.ids.flatMap((id, row) => (codes[row] === 0 ? [] : [[id, levels[codes[row] - 1]]])),
    );
  return new Map(
    items.map((item, at) => [
      String(item.id),
      encodeItem(given, at, { items, ordered: false, visit, nowMs: NOW_MS, learned }),
    ]),
  );
};

describe('learned features', () => {
  it('are the parts that an obvious computation puts the items into, in crosses too; scores are sums of their points', () => {
    const value = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 9 }));
    fuzz(
      fc.tuple(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.tuple(value, value), { minLength: 40, maxLength: 40 }),
      ),
      ([count, values]) => {
        const items = itemsOf(count);
        // Some items the part does not know, and some of the part the catalogue does not have.
        const known = Object.fromEntries(
          values.map((own, i) => [`i${String(2 * i).padStart(3, '0')}`, own] as const),
        );
        const part = partOf(known);
        const table = withLearned(rankable(packItems(schema.columns, items)), schema, part);
        expect(codesIn(table, count)).toEqual(expected(schema, items, part));
      },
      300,
    );
  });

  it('are missing of all items without a part, without a column of it, and of a part of other items', () => {
    const items = itemsOf(10);
    const plain = rankable(packItems(schema.columns, items));
    const foreign = withLearned(plain, schema, partOf({ x: [1, 2], y: [3, 4] }));
    const older = withLearned(plain, schema, { ...partOf({ i000: [1, 2] }), columns: [] });
    for (const table of [plain, foreign, older])
      for (const [, [rate, views, , cross]] of codesIn(table, 10))
        expect([rate, views, cross]).toEqual([0, 0, 0]);
  });

  it('are known of candidates: those of the catalogue, with live attributes or without, and others that were shown before', () => {
    const items = itemsOf(6);
    const part = partOf({ i000: [1, -1], i001: [2, 5], 'not-in-catalogue': [3, 6] });
    const catalogue = rankable(packItems(schema.columns, items));
    const candidates = [
      parseItem({ id: 'i001', word: 'b' }),
      parseItem({ id: 'not-in-catalogue' }),
      parseItem({ id: 'i000' }),
      parseItem({ id: 'nobody-knows' }),
    ];
    for (const known of [catalogue, undefined]) {
      const codes = codesIn(candidateTable(schema, candidates, known, part), 4);
      expect([...codes.values()].map(([rate, views]) => [rate, views])).toEqual([
        [5, 3],
        [3, 1],
        [1, 0],
        [0, 0],
      ]);
    }
    expect(
      codesIn(candidateTable(schema, candidates, withLearned(catalogue, schema, part)), 4),
    ).toEqual(codesIn(candidateTable(schema, candidates, catalogue, part), 4));
  });

  it('are counted once per part, and not by each request with candidates', () => {
    const part = partOf({ i000: [1, 1], i001: [2, 5] });
    const [column] = part.columns;
    const buckets = learnedBuckets(column, 5);
    expect(learnedBuckets(column, 5)).toBe(buckets);
    expect(learnedBuckets(column, 3)).not.toEqual(buckets);
    expect(learnedBuckets({ ...column }, 5)).toEqual(buckets);
  });

  it('are no attributes: what is packed again from a table has none of them', () => {
    const part = partOf({ i000: [1, 1] });
    const { table } = withLearned(rankable(packItems(schema.columns, itemsOf(2))), schema, part);
    expect(attributesAt(table, 0)).toEqual({ word: 'a' });
  });

  it('do not take the column of an attribute that bears their name', () => {
    const named = parseSchema({
      name: 'named',
      columns: [{ name: 'clickRate 7 5', type: 'number' }],
      features: schema.features.slice(0, 1),
    });
    const items = [parseItem({ id: 'i000', 'clickRate 7 5': 4 })];
    const { codes } = rankSlate(
      additiveFromPoints(named, {}, { version: RULES_VERSION, name: 'rules' }),
      rankable(packItems(named.columns, items)),
      visit,
      { limit: 1, nowMs: NOW_MS, seed: 1, exploration: schema.exploration },
    );
    expect([...codes]).toEqual([0]);
  });

  it('are explained in words', () => {
    expect(bucketLabel(schema, schema.features[0], 4)).toBe(
      'click rate of 7 days: 4 of 5 from below',
    );
    expect(bucketLabel(schema, schema.features[1], 1)).toBe('views of 1 day: 1 of 3 from below');
    expect(explain(scorer, Uint8Array.of(5, 0, 1, 0, 5))).toEqual([
      { feature: 'rate', because: 'click rate of 7 days: 5 of 5 from below', points: 5 },
      { feature: 'word', because: 'a', points: 0.5 },
    ]);
  });

  it.each([
    [{ of: 'clicks', days: 7, buckets: 5 }, /of must be views, clickRate, bookingRate/],
    [{ of: 'views', days: 2, buckets: 5 }, /days must be 1, 7, 30/],
    [{ of: 'views', days: 1, buckets: 1 }, /buckets must be a whole number from 2/],
    [{ of: 'views', days: 1, buckets: 2.5 }, /buckets must be a whole number from 2/],
    [{ of: 'views', days: 1, buckets: 256 }, /2 to 256 fit/],
    [{ of: 'views', days: 1, bucket: 5 }, /buckets/],
  ])('are refused where they say %j', (wrong, why) => {
    expect(() =>
      parseSchema({
        name: 'wrong',
        columns: [],
        features: [{ name: 'f', kind: 'learned', ...wrong }],
      }),
    ).toThrow(why);
  });
});
