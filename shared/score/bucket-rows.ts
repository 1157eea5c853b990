import type { ItemTable } from '../features/columns/item-table.ts';
import { rowsByCode } from '../features/columns/rows-by-code.ts';
import { bucketReader, type CodePart, type FeaturePlan } from '../features/kinds/kind.ts';
import { STRIDE } from './stride.ts';

/** The buckets of one feature that items have under a request, and how many have each: a bucket may be there several times, or of no item. */
export interface BucketRows {
  readonly buckets: ArrayLike<number>;
  /** Absent: one each. */
  readonly rows?: ArrayLike<number>;
}

/** @returns undefined where the request gives all rows the same bucket. */
export function bucketRows(plan: FeaturePlan, table: ItemTable): BucketRows | undefined {
  switch (plan.from) {
    case 'constant':
      return undefined;
    case 'column':
      return { buckets: plan.buckets, rows: rowsByCode(table.columns[plan.column]) };
    case 'columns':
      return {
        buckets: plan.buckets,
        rows: rowsByCombination(plan.parts, plan.buckets.length, table),
      };
    case 'sparse':
      return { buckets: EACH, rows: rowsByBucket(plan, table) };
    case 'rows':
      return { buckets: plan.buckets };
    default:
      throw plan satisfies never;
  }
}

const EACH = Uint8Array.from({ length: STRIDE }, (_, bucket) => bucket);

function rowsByBucket(
  { others, rows: apart }: Extract<FeaturePlan, { from: 'sparse' }>,
  table: ItemTable,
): Uint32Array {
  const counts = new Uint32Array(STRIDE);
  if (others.from === 'constant') counts[others.bucket] = table.ids.length;
  else {
    const { buckets, rows } = bucketRows(others, table)!;
    for (let at = 0; at < buckets.length; at++) counts[buckets[at]] += rows![at];
  }
  const othersAt = bucketReader(others, table);
  for (const [row, bucket] of apart) {
    counts[othersAt(row)]--;
    counts[bucket]++;
  }
  return counts;
}

/** Up to so many combinations of codes, how many rows have each is kept. */
const MOST_KEPT = 65_536;
const kept = new WeakMap<ItemTable, Map<string, Uint32Array>>();

/** How many rows have each combination of digits. */
function rowsByCombination(
  parts: readonly CodePart[],
  combinations: number,
  table: ItemTable,
): Uint32Array {
  const columns = parts.map(({ column }) => table.columns[column]);
  const counts = new Uint32Array(combinations);
  const together = columns.reduce((product, { values }) => product * values.length, 1);
  if (together > MOST_KEPT) {
    for (let row = 0; row < table.ids.length; row++) {
      let at = 0;
      parts.forEach(({ digits, stride }, i) => (at += stride * digits[columns[i].codes[row]]));
      counts[at]++;
    }
    return counts;
  }
  rowsByCodes(parts, table, together).forEach((rows, codes) => {
    if (rows === 0) return;
    let [left, at] = [codes, 0];
    parts.forEach(({ digits, stride }, i) => {
      const { length } = columns[i].values;
      at += stride * digits[left % length];
      left = Math.floor(left / length);
    });
    counts[at] += rows;
  });
  return counts;
}

/** How many rows have each combination of codes, the first column's changing fastest. */
function rowsByCodes(parts: readonly CodePart[], table: ItemTable, together: number): Uint32Array {
  const own = kept.get(table) ?? new Map<string, Uint32Array>();
  kept.set(table, own);
  const key = parts.map(({ column }) => column).join();
  const before = own.get(key);
  if (before !== undefined) return before;
  const counts = new Uint32Array(together);
  const columns = parts.map(({ column }) => table.columns[column]);
  for (let row = 0; row < table.ids.length; row++) {
    let [at, stride] = [0, 1];
    for (const { codes, values } of columns) {
      at += stride * codes[row];
      stride *= values.length;
    }
    counts[at]++;
  }
  own.set(key, counts);
  return counts;
}
