import type { ItemId } from '../../domain/ids.ts';
import type { MarketOfVisit } from '../../domain/market-of-visit.ts';
import type { Visit } from '../../domain/rank-request.ts';
import type { RelatedItems } from '../../domain/related.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import type { RowsById } from '../../features/columns/row-index.ts';
import { inMarket } from '../market-table.ts';
import { filterRows } from './filter-rows.ts';
import { keptRows } from './kept-rows.ts';
import { countRows, everyRow, keepBoth, type RowBits } from './row-bits.ts';
import { rowsWith } from './rows-with.ts';

/** The part of a request that says which items may be shown. */
export type Wanted = Pick<Visit, 'filters' | 'exclude' | 'shown' | 'related' | 'market'>;

/** A table, and where its items are. */
interface Items {
  readonly table: ItemTable;
  readonly rows: RowsById;
}

/** Rows that may be shown, and how many they are. */
export interface AllowedRows {
  readonly bits: RowBits;
  readonly count: number;
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
  const bits =
    filters === undefined
      ? everyRow(items.table.ids.length)
      : filterRows(inMarket(items, market).table, filters, 'filters');
  if (shownIn !== undefined) keepBoth(bits, marketRows(items.table, shownIn));
  if (related !== undefined) keepRelated(bits, items, related);
  if (exclude !== undefined) removeItems(bits, items, exclude);
  if (shown !== undefined) removeItems(bits, items, shown);
  const allowed = { bits, count: countRows(bits) };
  latest.set(items.table, { filters, exclude, shown, related, market, allowed });
  return allowed;
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
export function allBut(items: Items, excluded: readonly ItemId[]): RowBits {
  const bits = everyRow(items.table.ids.length);
  removeItems(bits, items, excluded);
  return bits;
}

/** By table what was found last: a request's own filter is the same object in all of its rankings. */
const latest = new WeakMap<
  ItemTable,
  { readonly [K in keyof Wanted]: Wanted[K] | undefined } & { readonly allowed: AllowedRows }
>();

/** Neighbours that the table does not have are gone since; where none are known, all but the items themselves stay. */
function keepRelated(bits: RowBits, items: Items, { to, items: neighbours }: RelatedItems): void {
  if (neighbours !== undefined) keepBoth(bits, rowsWith(items, neighbours));
  removeItems(bits, items, to);
}

/** Those that the table does not have need no removing. */
function removeItems(bits: RowBits, { rows }: Items, excluded: readonly ItemId[]): void {
  for (const id of excluded) {
    const row = rows.get(id);
    if (row !== undefined) bits[row >> 5] &= ~(1 << (row & 31));
  }
}
