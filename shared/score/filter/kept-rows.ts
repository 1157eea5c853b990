import type { Filter } from '../../domain/filter.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import { allowedCodes, type SomeCodes } from './code-filter.ts';
import { filterRows } from './filter-rows.ts';
import type { RowBits } from './row-bits.ts';

/** Of the conditions of a table, as much is kept as fits into so many bytes, and 64 of a small one. */
const KEPT_BYTES = 2 ** 21;
const MOST_KEPT = 64;

/** What a condition allows. */
export class KeptCondition {
  /** Nobody may change them. */
  readonly bits: RowBits;
  readonly #table: ItemTable;
  readonly #where: Filter;
  readonly #path: string;
  #codes: SomeCodes | undefined | null = null;

  /** @throws ApiError 400 as `filterRows` does. */
  constructor(table: ItemTable, where: Filter, path: string) {
    this.bits = filterRows(table, where, path);
    this.#table = table;
    this.#where = where;
    this.#path = path;
  }

  /** The same as codes of the one column that it is on; undefined where it is on several. */
  get codes(): SomeCodes | undefined {
    if (this.#codes === null) this.#codes = allowedCodes(this.#table, this.#where, this.#path);
    return this.#codes;
  }
}

/** By table and condition. Those that were asked for last are at the end. */
const kept = new WeakMap<ItemTable, Map<string, KeptCondition>>();

/**
 * What a condition allows which is asked for again and again: of standing rules, of the pages of a site, of a market.
 * @throws ApiError 400 as `filterRows` does.
 */
export function keptCondition(table: ItemTable, where: Filter, path: string): KeptCondition {
  let own = kept.get(table);
  if (own === undefined) kept.set(table, (own = new Map()));
  const key = JSON.stringify(where);
  let condition = own.get(key);
  if (condition === undefined) condition = new KeptCondition(table, where, path);
  else own.delete(key);
  own.set(key, condition);
  const [oldest] = own.keys();
  if (own.size > Math.min(MOST_KEPT, KEPT_BYTES / condition.bits.byteLength) && own.size > 1)
    own.delete(oldest);
  return condition;
}

/** @returns bits that nobody may change. @throws ApiError 400 as `filterRows` does. */
export const keptRows = (table: ItemTable, where: Filter, path: string): RowBits =>
  keptCondition(table, where, path).bits;
