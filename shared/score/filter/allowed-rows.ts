import { newest } from '../../memory/newest.ts';
import type { Filter } from '../../domain/filter.ts';
import type { ItemId } from '../../domain/ids.ts';
import type { MarketOfVisit } from '../../domain/market-of-visit.ts';
import type { Visit } from '../../domain/rank-request.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import type { RowsById } from '../../features/columns/row-index.ts';
import { Kept } from '../../memory/kept.ts';
import { numberOf } from '../number-of.ts';
import { inMarket } from '../market-table.ts';
import { filterRows } from './filter-rows.ts';
import { keptRows } from './kept-rows.ts';
import { countRows, everyRow, hasRow, keepBoth, type RowBits } from './row-bits.ts';
import { rowsWith } from './rows-with.ts';

/** The part of a request that says which items may be shown. */
export type Wanted = Pick<Visit, 'filters' | 'exclude' | 'shown' | 'related' | 'market'>;

/** A table, and where its items are. */
interface Items {
  readonly table: ItemTable;
  readonly rows: RowsById;
}

/** Rows that may be shown, and how many they are. */
export class AllowedRows {
  /** Those that filters, a market and neighbours leave; undefined: all rows. Nobody may change them. */
  readonly base: RowBits | undefined;
  /** How many these are. */
  readonly baseCount: number;
  /** Those of them that are left out by their ids, each once. */
  readonly without: readonly number[];
  /** Whether `base` is the same object for later requests that ask the same. */
  readonly isKept: boolean;
  readonly #rows: number;
  #bits: RowBits | undefined;

  constructor({ bits, count, isKept }: Base, without: readonly number[], rows: number) {
    newest.allowed = this;
    this.base = bits;
    this.baseCount = count;
    this.without = without;
    this.isKept = isKept;
    this.#rows = rows;
  }

  get count(): number {
    return this.baseCount - this.without.length;
  }

  has(row: number): boolean {
    return (this.base === undefined || hasRow(this.base, row)) && !this.without.includes(row);
  }

  /** A bit for each of them. Nobody may change them. */
  get bits(): RowBits {
    return (this.#bits ??=
      this.base !== undefined && this.without.length === 0
        ? this.base
        : lessRows(this.base ?? everyRow(this.#rows), this.without));
  }
}

/** Rows that a request allows, whatever it leaves out by ids. */
interface Base {
  readonly bits: RowBits | undefined;
  readonly count: number;
  readonly isKept: boolean;
}

/**
 * The rows that a request's filters and exclusions leave, its market and the pages above; of related items those that are neighbours. Of a
 * request that is ranked by several versions they are found once.
 * @returns undefined where the request has none of these. @throws ApiError 400 as `filterRows` does.
 */
export function allowedRows(items: Items, wanted: Wanted): AllowedRows | undefined {
  const { filters, exclude, shown, related, market } = wanted;
  const shownIn = market?.column === undefined ? undefined : market;
  if (
    filters === undefined &&
    exclude === undefined &&
    shown === undefined &&
    related === undefined &&
    shownIn === undefined
  )
    return undefined;
  const before = latest.get(items.table);
  if (
    before !== undefined &&
    before.filters === filters &&
    before.exclude === exclude &&
    before.shown === shown &&
    before.related === related &&
    before.market === market
  )
    return before.allowed;
  const rows = items.table.ids.length;
  let base =
    filters === undefined && shownIn === undefined
      ? { bits: undefined, count: rows, isKept: true }
      : keptBase(items, filters, market, shownIn);
  if (related?.items !== undefined) {
    // Neighbours that the table does not have are gone since; where none are known, all but the items themselves stay.
    const bits = rowsWith(items, related.items);
    if (base.bits !== undefined) keepBoth(bits, base.bits);
    base = { bits, count: countRows(bits), isKept: false };
  }
  const without = rowsOf(items, [related?.to, exclude, shown], base.bits);
  const allowed = new AllowedRows(base, without, rows);
  latest.set(items.table, { filters, exclude, shown, related, market, allowed });
  return allowed;
}

/** Of what many requests ask alike, by table: so many bytes of rows. */
const KEPT_BYTES = 2 ** 21;
const kept = new WeakMap<ItemTable, Kept<Base>>();
/** Those that were asked before: equal filters of requests are one object (`ReadOnce`). What is asked once is not worth keeping. */
const asked = new WeakSet<Filter>();

/** What filters and a market leave. */
function keptBase(
  items: Items,
  filters: Filter | undefined,
  market: MarketOfVisit | undefined,
  shownIn: MarketOfVisit | undefined,
): Base {
  const { table } = items;
  const priced = filters === undefined ? table : inMarket(items, market).table;
  const find = (isKept: boolean): Base => {
    let bits = filters && filterRows(priced, filters, 'filters');
    if (shownIn !== undefined) {
      const sold = marketRows(table, shownIn);
      if (bits === undefined) bits = sold;
      else keepBoth(bits, sold);
    }
    return { bits, count: bits === undefined ? table.ids.length : countRows(bits), isKept };
  };
  if (table.ordered) return find(false);
  if (filters !== undefined && !asked.has(filters)) {
    asked.add(filters);
    return find(false);
  }
  let own = kept.get(priced);
  if (own === undefined) kept.set(priced, (own = new Kept(KEPT_BYTES)));
  const key = `${filters === undefined ? '' : numberOf(filters)} ${shownIn === undefined ? '' : JSON.stringify(shownIn)}`;
  let base = own.get(key);
  if (base === undefined) {
    base = find(true);
    own.set(key, base, base.bits?.byteLength ?? 0);
  }
  return base;
}

/** The rows that are shown in a market. @param market with a column. @returns bits that nobody may change. */
export const marketRows = (table: ItemTable, { name, column, unlisted }: MarketOfVisit): RowBits =>
  keptRows(
    table,
    unlisted === 'nowhere'
      ? { column: column!, in: [name] }
      : {
          any: [
            { column: column!, in: [name] },
            { column: column!, known: false },
          ],
        },
    'market',
  );

/** How many items compete under a request. */
export const competing = (items: Items, wanted: Wanted): number =>
  allowedRows(items, wanted)?.count ?? items.table.ids.length;

/** All rows but those of some items. */
export const allBut = (items: Items, excluded: readonly ItemId[]): RowBits =>
  lessRows(everyRow(items.table.ids.length), rowsOf(items, [excluded], undefined));

/** By table what was found last: a request's own filter is the same object in all of its rankings. */
const latest = new WeakMap<
  ItemTable,
  { readonly [K in keyof Wanted]: Wanted[K] | undefined } & { readonly allowed: AllowedRows }
>();

/** Rows of some items, each once, of those that are allowed; those that the table does not have are left out. */
function rowsOf(
  { rows }: Items,
  lists: readonly (readonly ItemId[] | undefined)[],
  allowed: RowBits | undefined,
): readonly number[] {
  const found = new Set<number>();
  for (const list of lists)
    if (list !== undefined)
      for (const id of list) {
        const row = rows.get(id);
        if (row !== undefined && (allowed === undefined || hasRow(allowed, row))) found.add(row);
      }
  return [...found];
}

function lessRows(all: RowBits, some: readonly number[]): RowBits {
  const bits = all.slice();
  for (const row of some) bits[row >> 5] &= ~(1 << (row & 31));
  return bits;
}
