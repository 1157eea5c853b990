import type { ItemId } from '../../domain/ids.ts';
import type { Column } from './item-table.ts';
import type { ItemIds } from './item-ids.ts';

/** What is learned of an item: how often people looked at it, and of those who did, what share clicked or booked it. */
export const LEARNED_MEASURES = ['views', 'clickRate', 'bookingRate'] as const;
export type LearnedMeasure = (typeof LEARNED_MEASURES)[number];

/** Over how many days up to the refresh. */
export const LEARNED_DAYS = [1, 7, 30] as const;
export type LearnedDays = (typeof LEARNED_DAYS)[number];

/** A measure over a window, and into how many parts of nearly equally many items it is divided. */
export interface LearnedKey {
  readonly of: LearnedMeasure;
  readonly days: LearnedDays;
  readonly buckets: number;
}

/** One measure of all items over one window. Codes are 8 bits, as buckets are: what tells 255 levels apart tells any buckets apart. */
export interface LearnedColumn {
  readonly of: LearnedMeasure;
  readonly days: LearnedDays;
  /** Values, strictly rising, at most 255. Code c > 0 stands for `levels[c - 1]`. */
  readonly levels: Float64Array;
  /** Of each item; 0: nothing is known of it in this window. */
  readonly codes: Uint8Array;
}

/**
 * What the log has taught of each item, beside the snapshot and not in it: it changes by the hour, and a catalogue must not be
 * published anew for it. The ids are those of items that somebody was shown, whether the catalogue has them or not, ascending by
 * code units.
 */
export interface LearnedColumns {
  readonly ids: readonly ItemId[];
  readonly columns: readonly LearnedColumn[];
}

/** Learned columns in memory, with the hash that decisions name them by. */
export interface LearnedPart extends LearnedColumns {
  readonly hash: string;
  /** Index by item id. */
  readonly rows: ReadonlyMap<string, number>;
}

export const learnedPart = (columns: LearnedColumns, hash: string): LearnedPart => ({
  ...columns,
  hash,
  rows: new Map(columns.ids.map((id, row) => [id, row])),
});

/** The name of a column of an item table that holds learned buckets. */
export const learnedName = ({ of, days, buckets }: LearnedKey): string =>
  `${of} ${days} ${buckets}`;

/**
 * Bucket by code: bucket 1 + ⌊B·q⌋, where q is the mid-rank of the code among the items whose value is known, as a share: those
 * below, and half of those that are equal. Parts are of equal size where values differ; where all are equal they are the middle.
 */
export function learnedBuckets(column: LearnedColumn, buckets: number): Uint8Array {
  const own = known.get(column) ?? new Map<number, Uint8Array>();
  known.set(column, own);
  const found = own.get(buckets) ?? bucketsByRank(column, buckets);
  own.set(buckets, found);
  return found;
}

/** By column and number of buckets: a request with candidates reads them, and must not count the whole catalogue each time. */
const known = new WeakMap<LearnedColumn, Map<number, Uint8Array>>();

function bucketsByRank({ levels, codes }: LearnedColumn, buckets: number): Uint8Array {
  const counts = new Uint32Array(levels.length + 1);
  for (const code of codes) counts[code]++;
  const ranked = codes.length - counts[0];
  const out = new Uint8Array(levels.length + 1);
  let below = 0;
  for (let code = 1; code < out.length; code++) {
    out[code] = 1 + Math.floor((buckets * (below + counts[code] / 2)) / Math.max(ranked, 1));
    below += counts[code];
  }
  return out;
}

/**
 * The learned buckets of items as columns of a table; all missing of an item that the part does not know.
 * @param keys what features read; a column that the part has not is left out.
 */
export function learnedColumnsOf(
  keys: readonly LearnedKey[],
  part: LearnedPart,
  ids: ItemIds,
): Column[] {
  const rows = Int32Array.from(ids, (id) => part.rows.get(id) ?? -1);
  return keys.flatMap((key) => {
    const column = part.columns.find(({ of, days }) => of === key.of && days === key.days);
    if (column === undefined) return [];
    const buckets = learnedBuckets(column, key.buckets);
    const codes = Uint8Array.from(rows, (row) => (row < 0 ? 0 : buckets[column.codes[row]]));
    const values = ['', ...Array.from({ length: key.buckets }, (_, i) => i + 1)];
    return [{ spec: { name: learnedName(key), type: 'number' }, values, codes, isLearned: true }];
  });
}
