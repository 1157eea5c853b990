import { describe, expect, it } from 'vitest';
import {
  bucketCount,
  bucketLabel,
  bucketLabels,
  parseSchema,
  type Schema,
} from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { explain } from '../../../shared/score/explain.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { EVERY_KIND } from '../../support/every-kind.ts';

const everyKind = parseSchema({
  ...EVERY_KIND,
  features: [
    ...EVERY_KIND.features,
    { name: 'month-place', kind: 'cross', of: ['date-month0', 'category1'] },
    { name: 'cross-of-cross', kind: 'cross', of: ['cross0', 'context1'] },
    {
      name: 'since',
      kind: 'quantile',
      column: 'date',
      edges: [1_767_225_600_000, 1_767_229_200_000],
    },
    { name: 'only-none', kind: 'item-affinity', only: ['seen'], halfLifeDays: 3, edges: [0] },
    { name: 'touched', kind: 'recent', measure: 'recency', most: 1 },
    { name: 'weekdays', kind: 'request-time', part: 'weekday', edges: [5, 5.5, 6] },
    { name: 'newest', kind: 'slate-rank', column: 'date', order: 'descending', most: 22 },
  ],
});

/** The parts of what is said that are a number alone, or one behind the names of features. */
function bareNumbers(schema: Schema, because: string): string[] {
  const names = new Set(schema.features.map(({ name }) => name));
  return because
    .split(' × ')
    .map((part) => {
      const words = part.split(' ');
      return words.slice(words.findIndex((word) => !names.has(word))).join(' ');
    })
    .filter((words) => /^\d+( or \w+)?$/.test(words));
}

/** Of every feature one bucket each, all buckets in turn. */
function* everyBucket({ features }: Schema): Generator<Uint8Array> {
  const most = Math.max(...features.map(bucketCount));
  for (let bucket = 0; bucket < most; bucket++)
    yield Uint8Array.from(features, (spec) => bucket % bucketCount(spec));
}

describe.each([
  ['every kind', everyKind],
  ['the default schema', smarttrip],
])('of %s', (_, schema) => {
  it('no reason shows a number alone, neither of a feature nor of a learned cross', () => {
    const points = Object.fromEntries(
      schema.features.map((spec) => [spec.name, Array(bucketCount(spec)).fill(1)]),
    );
    const small = schema.features.filter((spec) => bucketCount(spec) <= 16);
    const crosses = small.slice(1).map((spec, i) => ({
      features: [small[i].name, spec.name] as [string, string],
      points: Array.from({ length: bucketCount(small[i]) }, () =>
        Array<number>(bucketCount(spec)).fill(1),
      ),
    }));
    const scorer = additiveFromPoints(schema, points, {
      version: RULES_VERSION,
      name: 'all',
      crosses: crosses.slice(0, 8),
    });
    for (const codes of everyBucket(schema)) {
      const reasons = explain(scorer, codes);
      expect(reasons.length).toBe(schema.features.length + 8);
      for (const { because } of reasons) expect(bareNumbers(schema, because)).toEqual([]);
    }
  });

  it('the buckets of a feature are told apart, and none says what is not there', () => {
    for (const spec of schema.features) {
      const labels = bucketLabels(schema, spec).filter((label) => !label.includes('never'));
      expect(new Set(labels).size).toBe(labels.length);
      for (const label of labels) expect(label).not.toMatch(/undefined|NaN|Infinity|null/);
    }
  });
});

describe('in words', () => {
  const said = (schema: Schema, name: string, bucket: number) =>
    bucketLabel(
      schema,
      schema.features.find((spec) => spec.name === name)!,
      bucket,
    );

  it.each([
    ['price-level', 2, '600 to 1200'],
    ['device-price', 2, 'device mobile × price-level 600 to 1200'],
    ['market-continent', 9, 'market AT × continent Asia'],
    ['weekday-departing', 1, 'weekday Monday to Friday × departing within 30 days'],
    [
      'liked-continents',
      3,
      'shares its continent with 0.4 to 1.2 items saved or booked before, old ones counted less',
    ],
    ['liked-prices', 1, 'shares its price level with no item seen or saved or booked before'],
    ['seen-before', 1, 'not seen or saved before'],
  ])('%s %i of the default schema is %s', (name, bucket, words) => {
    expect(said(smarttrip, name, bucket)).toBe(words);
  });

  it.each([
    ['slate-rank0', 11, '11th by price, lowest first'],
    ['slate-rank0', 12, '12th or later by price, lowest first'],
    ['newest', 22, '22nd or later by date, latest first'],
    ['slate-rank3', 3, '3rd in the order given'],
    ['slate-rank4', 3, '3rd in the order given, of the untouched'],
    ['since', 1, 'up to 2026-01-01'],
    ['since', 2, '2026-01-01 to 2026-01-01T01:00:00.000Z'],
    ['only-none', 2, 'seen some times, old ones counted less'],
    ['touched', 1, 'touched before'],
    ['recent3', 3, 'touched 3 to 4 times'],
    ['weekdays', 2, 'never'],
    ['weekdays', 3, 'Saturday'],
    ['weekdays', 4, 'Sunday'],
    ['request-time0', 2, '6:00 to 11:59'],
    ['request-time1', 3, 'Wednesday'],
    [
      'cross-of-cross',
      1,
      'cross0 category0 a × set-overlap0 none of the wished × context1 up to 6',
    ],
  ])('%s %i is %s', (name, bucket, words) => {
    expect(said(everyKind, name, bucket)).toBe(words);
  });
});
