import { expect, it } from 'vitest';
import { parseItem } from '../../../shared/domain/item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { bucketReader, type FeaturePlan } from '../../../shared/features/kinds/kind.ts';
import { bucketRows } from '../../../shared/score/bucket-rows.ts';

const table = packItems(
  [{ name: 'word', type: 'category' }],
  ['a', 'b', 'a', undefined, 'c', 'a'].map((word, i) =>
    parseItem({ id: `i${i}`, ...(word && { word }) }),
  ),
);

const plans: readonly FeaturePlan[] = [
  { from: 'column', column: 0, buckets: Uint8Array.of(0, 2, 1, 2) },
  {
    from: 'sparse',
    others: { from: 'constant', bucket: 3 },
    rows: new Map([
      [1, 5],
      [4, 3],
    ]),
  },
  { from: 'rows', buckets: Uint8Array.of(4, 4, 0, 1, 4, 1) },
];

it.each(plans)('counts the items that have each bucket: $from', (plan) => {
  const counted = new Map<number, number>();
  const count = (bucket: number, rows: number) =>
    rows > 0 && counted.set(bucket, (counted.get(bucket) ?? 0) + rows);
  const { buckets, rows } = bucketRows(plan, table)!;
  Array.from(buckets, (bucket, at) => count(bucket, rows === undefined ? 1 : rows[at]));
  const bucketAt = bucketReader(plan, table);
  const expected = Map.groupBy(
    table.ids.map((_, row) => bucketAt(row)),
    (bucket) => bucket,
  );
  expect(Object.fromEntries(counted)).toEqual(
    Object.fromEntries([...expected].map(([bucket, own]) => [bucket, own.length])),
  );
});

it('has nothing to say where all items have the same', () => {
  expect(bucketRows({ from: 'constant', bucket: 7 }, table)).toBeUndefined();
});
