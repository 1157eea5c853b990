import { expect, test } from 'vitest';
import { countBuckets } from '../../../backend/catalogue/count-buckets.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { EVERY_KIND, everyKindItems } from '../../support/every-kind.ts';

const NOW_MS = Date.UTC(2027, 0, 1);
const schema = parseSchema(EVERY_KIND);
const items = everyKindItems(400, 3, NOW_MS).map(parseItem);

test('every item is in one bucket of each feature', () => {
  const { counts, ofVisit } = countBuckets(schema, items, NOW_MS);
  expect([...counts.map(({ feature }) => feature), ...ofVisit].toSorted()).toEqual(
    schema.features.map(({ name }) => name).toSorted(),
  );
  for (const { feature, buckets } of counts)
    expect(
      buckets.reduce((sum, bucket) => sum + bucket.items, 0),
      feature,
    ).toBe(items.length);
});

test('a category has as many items as are counted one by one', () => {
  const { counts } = countBuckets(schema, items, NOW_MS);
  const words = counts.find(({ feature }) => feature === 'category0')!.buckets;
  const having = (fits: (word: unknown) => boolean) =>
    items.filter(({ attributes }) => fits(attributes.word)).length;
  expect(words).toEqual([
    { meaning: 'missing', items: having((word) => word === undefined) },
    ...['a', 'b', 'c'].map((value) => ({ meaning: value, items: having((w) => w === value) })),
    { meaning: 'another', items: having((word) => word === 'd' || word === 'e') },
  ]);
});

test('it says what hardly tells items apart, and what is missing', () => {
  const own = parseSchema({
    name: 'own',
    columns: [
      { name: 'price', type: 'number' },
      { name: 'brand', type: 'category' },
    ],
    features: [
      { name: 'level', kind: 'quantile', column: 'price', edges: [10] },
      { name: 'brand', kind: 'category', column: 'brand', values: ['x'] },
    ],
  });
  const few = Array.from({ length: 50 }, (_, i) => parseItem({ id: `i${i}`, price: i }));
  const { remarks } = countBuckets(
    own,
    few.map((item) => ({ ...item, attributes: { price: 20 } })),
    0,
  );
  expect(remarks).toEqual([
    'level hardly tells items apart: "over 10" are 100 % of them',
    'brand is missing of 100 % of the items',
  ]);
  expect(countBuckets(own, few, 0).remarks).toEqual(['brand is missing of 100 % of the items']);
  expect(countBuckets(own, [], 0).remarks).toEqual([]);
});
