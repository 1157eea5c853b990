import type { Filter } from '../../domain/filter.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import { filterRows } from './filter-rows.ts';
import type { RowBits } from './row-bits.ts';

/** Of the conditions of a table, as much is kept as fits into so many bytes, and 64 of a small one. */
const KEPT_BYTES = 2 ** 21;
const MOST_KEPT = 64;

/** By table and condition. Those that were asked for last are at the end. */
const kept = new WeakMap<ItemTable, Map<string, RowBits>>();

/**
 * The rows that a condition allows which is asked for again and again: of standing rules, of the pages of a site, of a market.
 * @returns bits that nobody may change. @throws ApiError 400 as `filterRows` does.
 */
export function keptRows(table: ItemTable, where: Filter, path: string): RowBits {
  let own = kept.get(table);
  if (own === undefined) kept.set(table, (own = new Map()));
  const key = JSON.stringify(where);
  let bits = own.get(key);
  if (bits === undefined) bits = filterRows(table, where, path);
  else own.delete(key);
  own.set(key, bits);
  const [oldest] = own.keys();
  if (own.size > Math.min(MOST_KEPT, KEPT_BYTES / bits.byteLength) && own.size > 1)
    own.delete(oldest);
  return bits;
}
