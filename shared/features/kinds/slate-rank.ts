import type { ItemTable } from '../item-table.ts';
import { columnOf, needsColumn, MISSING, type BucketKind, type FeaturePlan } from './kind.ts';

/**
 * The item's rank among those competing: by a number column (equal values share the better rank), or,
 * without a column, by the order the caller gave. Bucket = rank, `most` for that rank and all behind.
 */
export interface SlateRankSpec {
  readonly name: string;
  readonly kind: 'slate-rank';
  readonly column?: string;
  readonly order?: 'ascending' | 'descending';
  readonly most: number;
}

export const slateRank: BucketKind<SlateRankSpec> = {
  check: (spec, input) =>
    (spec.column === undefined ? undefined : needsColumn(input, spec.column, ['number', 'date'])) ??
    (Number.isInteger(spec.most) && spec.most >= 1
      ? undefined
      : 'most must be a whole number from 1'),
  size: (spec) => spec.most + 1,
  label: (spec, bucket) => (bucket === spec.most ? `${bucket} or later` : `${bucket}`),
  plan(spec, input) {
    const { table } = input;
    if (spec.column === undefined) {
      if (!table.ordered) return MISSING;
      return {
        from: 'rows',
        buckets: Uint8Array.from(table.ids, (_, row) => Math.min(row + 1, spec.most)),
      };
    }
    return rankByColumn(table, columnOf(input, spec.column), spec);
  },
};

/** Ranks are a function of the code: one counting pass over the rows, one running sum over the dictionary. */
function rankByColumn(table: ItemTable, column: number, spec: SlateRankSpec): FeaturePlan {
  const { codes, values } = table.columns[column]!;
  const counts = new Uint32Array(values.length);
  for (let row = 0; row < codes.length; row++) counts[codes[row]!]!++;
  const buckets = new Uint8Array(values.length);
  let ahead = 0;
  for (let step = 1; step < values.length; step++) {
    const code = spec.order === 'descending' ? values.length - step : step;
    buckets[code] = Math.min(ahead + 1, spec.most);
    ahead += counts[code]!;
  }
  return { from: 'column', column, buckets };
}
