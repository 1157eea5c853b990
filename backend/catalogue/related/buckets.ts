import type { Item } from '../../../shared/domain/item.ts';
import { packItems, type Column } from '../../../shared/features/columns/item-table.ts';
import { stepOf } from '../../../shared/features/kinds/kind.ts';
import { binWords } from '../../../shared/features/kinds/bin-words.ts';
import type { NeighbourColumn } from '../../../shared/features/neighbour-spec.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';

/** Weights of buckets are whole numbers, so that sums are exact and equally alike items tie. */
const SCALE = 1024;

/** A bucket that an item is in, in words. */
export interface NamedBucket {
  readonly column: string;
  readonly value: string;
}

/** The buckets of items, as an inverted list: both ways from row to bucket and back. */
export interface BucketLists {
  readonly rows: number;
  /** Of row r from `from[r]` to `from[r + 1]`: its buckets, those that weigh most first. */
  readonly from: Uint32Array;
  readonly of: Uint32Array;
  /** Of bucket b from `first[b]` to `first[b + 1]`: the rows that are in it, rising. */
  readonly first: Uint32Array;
  readonly in: Uint32Array;
  /** What a bucket weighs, by bucket. */
  readonly weights: Int32Array;
  /** What the buckets of a row weigh together, by row. */
  readonly totals: Float64Array;
}

/** The buckets of one item, each once. @param by columns but embeddings. */
export function bucketsIn(
  item: Item,
  by: readonly NeighbourColumn[],
  columns: readonly ColumnSpec[],
): NamedBucket[] {
  const specs = by.map(({ column }) => columns.find(({ name }) => name === column)!);
  return packItems(specs, [item]).columns.flatMap((column, i) =>
    column.codes[0] === 0 ? [] : namesOf(column, column.codes[0], by[i]),
  );
}

/** A level with those above it: two countries may have towns of one name. */
const pathTo = (value: readonly string[], level: number): string =>
  value
    .slice(0, level + 1)
    .filter((entry) => entry !== '')
    .join(' › ');

/** The buckets of one value of a column. */
function namesOf({ spec, values }: Column, code: number, by: NeighbourColumn): NamedBucket[] {
  const value = values[code];
  if (typeof value === 'number')
    return [{ column: spec.name, value: binWords(by.levelEdges!, stepOf(by.levelEdges!, value)) }];
  if (typeof value === 'string') return [{ column: spec.name, value }];
  if (spec.type === 'set') return value.map((entry) => ({ column: spec.name, value: entry }));
  return value.flatMap((entry, level) =>
    entry === '' || (by.level !== undefined && by.level !== level)
      ? []
      : [{ column: spec.name, value: pathTo(value, level) }],
  );
}

/**
 * All buckets of all items, weighed: `weight · ln(1 + N / df)`, where N is the number of items and df that of those in the bucket, so that
 * what few have in common counts for more. Inverse document frequency: K. Spärck Jones, "A statistical interpretation of
 * term specificity and its application in retrieval" (1972), with 1 added so that what all have in common still counts.
 */
export function bucketLists(
  items: readonly Item[],
  by: readonly NeighbourColumn[],
  columns: readonly ColumnSpec[],
): BucketLists {
  const specs = by.map(({ column }) => columns.find(({ name }) => name === column)!);
  const table = packItems(specs, items);
  const numbers = new Map<string, number>();
  const weightOf: number[] = [];
  // Each value of a dictionary is read once, however many items have it.
  const bucketsByCode = table.columns.map((column, i) =>
    column.values.map((_, code) =>
      code === 0 ? [] : namesOf(column, code, by[i]).map((named) => numberOf(named, i)),
    ),
  );
  function numberOf({ value }: NamedBucket, i: number): number {
    const key = `${i} ${value}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(key, number);
      weightOf.push(by[i].weight ?? 1);
    }
    return number;
  }
  const rows = items.length;
  const from = new Uint32Array(rows + 1);
  const counts = new Uint32Array(numbers.size);
  for (let row = 0; row < rows; row++) {
    from[row + 1] = from[row];
    for (let i = 0; i < table.columns.length; i++) {
      const buckets = bucketsByCode[i][table.columns[i].codes[row]];
      from[row + 1] += buckets.length;
      for (const bucket of buckets) counts[bucket]++;
    }
  }
  const weights = Int32Array.from(counts, (df, bucket) =>
    Math.max(1, Math.round(SCALE * weightOf[bucket] * Math.log1p(rows / Math.max(1, df)))),
  );
  const of = new Uint32Array(from[rows]);
  const totals = new Float64Array(rows);
  const first = new Uint32Array(numbers.size + 1);
  counts.forEach((df, bucket) => (first[bucket + 1] = first[bucket] + df));
  const within = new Uint32Array(from[rows]);
  const next = first.slice();
  for (let row = 0; row < rows; row++) {
    const own = table.columns
      .flatMap((column, i) => bucketsByCode[i][column.codes[row]])
      .toSorted((a, b) => weights[b] - weights[a] || a - b);
    of.set(own, from[row]);
    for (const bucket of own) {
      totals[row] += weights[bucket];
      within[next[bucket]++] = row;
    }
  }
  return { rows, from, of, first, in: within, weights, totals };
}
