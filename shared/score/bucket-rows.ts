import type { Column, ItemTable } from '../features/columns/item-table.ts';
import type { FeaturePlan } from '../features/kinds/kind.ts';

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
    case 'sparse': {
      const apart = [...plan.rows.values()];
      return {
        buckets: [plan.bucket, ...apart],
        rows: [table.ids.length - apart.length, ...apart.map(() => 1)],
      };
    }
    case 'rows':
      return { buckets: plan.buckets };
    default:
      throw plan satisfies never;
  }
}

/** By column, as it is the same for all requests. */
const counted = new WeakMap<Column, Uint32Array>();

function rowsByCode(column: Column): Uint32Array {
  const before = counted.get(column);
  if (before !== undefined) return before;
  const rows = new Uint32Array(column.values.length);
  for (let row = 0; row < column.codes.length; row++) rows[column.codes[row]]++;
  counted.set(column, rows);
  return rows;
}
