import type { Item } from '../../../shared/domain/item.ts';
import { own } from '../../../shared/domain/own.ts';
import { nfc } from '../../../shared/domain/nfc.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import { readEmbedding } from '../../../shared/features/columns/embedding.ts';
import {
  DEFAULT_NEIGHBOURS,
  type NeighbourColumn,
  type NeighbourSpec,
} from '../../../shared/features/neighbour-spec.ts';
import { bucketLists } from './buckets.ts';
import { NearestRows } from './nearest-rows.ts';
import { Scan } from './scan.ts';
import { Vectors } from './vectors.ts';

/** Up to so many items are all compared with each other; of more with embeddings only those in the nearest cells are. */
const EXACT_ROWS = 20_000;
/** Into so many cells, of which there are as many as the root of the items, is looked. */
const PROBED_CELLS = 32;

/** The neighbours of all items. Rows are in the order of the items. */
export interface Neighbours {
  /** Of row r from `from[r]` to `from[r + 1]`, the most alike first. */
  readonly from: Uint32Array;
  readonly rows: Int32Array;
  /** How alike, in whole percent: 0..100. */
  readonly percent: Uint8Array;
}

/** Which columns are compared as buckets and which as vectors, and what they count. */
export function comparedBy(by: readonly NeighbourColumn[], columns: readonly ColumnSpec[]) {
  const specOf = (name: string) => columns.find((column) => column.name === name)!;
  const vectors = by.find(({ column }) => specOf(column).type === 'embedding');
  const buckets = by.filter((one) => one !== vectors);
  const weightOf = (some: readonly NeighbourColumn[]) =>
    some.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return {
    buckets,
    embedding: vectors && specOf(vectors.column),
    weights: { vectors: weightOf(vectors ? [vectors] : []), buckets: weightOf(buckets) },
  };
}

/**
 * For each item those that are most like it, at most `neighbours` of them, and none that has nothing in common with it. How alike two items are is
 * the mean of the cosine of their embeddings and of the overlap of their buckets, weighed by the columns; where an item lacks its
 * embedding, that part counts as not alike. By buckets alone, and of up to 20,000 items, it is exact; of more with embeddings those are found that are
 * in the 32 nearest cells (an inverted file: Sivic and Zisserman, "Video Google", 2003) or near enough by buckets alone.
 * @param items in order of id (code units). @throws ApiError 400 where an attribute does not fit its column.
 */
export function neighboursOf(
  items: readonly Item[],
  columns: readonly ColumnSpec[],
  { by, neighbours: k = DEFAULT_NEIGHBOURS }: NeighbourSpec,
  { exactRows = EXACT_ROWS, probedCells = PROBED_CELLS } = {},
): Neighbours {
  const { buckets, embedding, weights } = comparedBy(by, columns);
  const compared = {
    rows: items.length,
    weights,
    lists: buckets.length === 0 ? undefined : bucketLists(items, buckets, columns),
    vectors: embedding && vectorsOf(items, embedding),
  };
  const scan = new Scan(compared, items.length > exactRows ? probedCells : undefined);
  const best = new NearestRows(k);
  const from = new Uint32Array(items.length + 1);
  const most = items.length * Math.min(k, Math.max(0, items.length - 1));
  const [rows, percent] = [new Int32Array(most), new Uint8Array(most)];
  for (let row = 0; row < items.length; row++) {
    scan.search(row, best);
    const at = from[row];
    const count = best.each((other, score, i) => {
      rows[at + i] = other;
      percent[at + i] = Math.round(100 * score);
    });
    from[row + 1] = at + count;
  }
  const length = from[items.length];
  return { from, rows: rows.slice(0, length), percent: percent.slice(0, length) };
}

function vectorsOf(items: readonly Item[], { name, dimensions }: ColumnSpec): Vectors {
  const vectors = new Vectors(items.length, dimensions!);
  items.forEach(({ attributes }, row) => {
    const values = readEmbedding(own(attributes, nfc(name)), dimensions!);
    if (values) vectors.set(row, values);
  });
  return vectors;
}
