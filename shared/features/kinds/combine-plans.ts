import type { ItemTable } from '../columns/item-table.ts';
import { bucketReader, rowsPlan, type FeaturePlan } from './kind.ts';

/**
 * The plan of what two features' buckets make together, in the cheapest form that both allow.
 * @param pair of a bucket of the first and one of the second: 0 to 255.
 */
export function combinePlans(
  a: FeaturePlan,
  b: FeaturePlan,
  table: ItemTable,
  pair: (x: number, y: number) => number,
): FeaturePlan {
  if (a.from === 'constant' && b.from === 'constant')
    return { from: 'constant', bucket: pair(a.bucket, b.bucket) };
  if (a.from === 'column' && b.from === 'constant')
    return { ...a, buckets: a.buckets.map((x) => pair(x, b.bucket)) };
  if (a.from === 'constant' && b.from === 'column')
    return { ...b, buckets: b.buckets.map((y) => pair(a.bucket, y)) };
  if (a.from === 'column' && b.from === 'column' && a.column === b.column)
    return { ...a, buckets: a.buckets.map((x, code) => pair(x, b.buckets[code])) };
  if (a.from === 'sparse' && b.from === 'constant')
    return {
      from: 'sparse',
      bucket: pair(a.bucket, b.bucket),
      rows: mapValues(a.rows, (x) => pair(x, b.bucket)),
    };
  if (a.from === 'constant' && b.from === 'sparse')
    return {
      from: 'sparse',
      bucket: pair(a.bucket, b.bucket),
      rows: mapValues(b.rows, (y) => pair(a.bucket, y)),
    };
  const [atA, atB] = [bucketReader(a, table), bucketReader(b, table)];
  return rowsPlan(table, (row) => pair(atA(row), atB(row)));
}

const mapValues = (rows: ReadonlyMap<number, number>, f: (bucket: number) => number) =>
  new Map([...rows].map(([row, bucket]) => [row, f(bucket)]));
