import type { Filter } from '../../domain/filter.ts';
import { firstIndex } from '../../features/columns/binary-search.ts';
import { codesWith } from '../../features/columns/codes-with-entry.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import type { RowsById } from '../../features/columns/row-index.ts';
import type { Schema } from '../../features/schema.ts';
import { inMarket } from '../market-table.ts';
import { allBut, marketRows, type Wanted } from './allowed-rows.ts';
import { codeRows } from './code-rows.ts';
import { filterRows } from './filter-rows.ts';
import { addAll, countRows, everyRow, invert, keepBoth, noRows, type RowBits } from './row-bits.ts';

/** What one part of a request's filters takes away. */
export interface Removed {
  /** Where it stands in the request; `schema` stands for the filters that a schema has itself, `market` for what is not shown in the request's market. */
  readonly path: string;
  /** How many items it does not allow, whatever else does not. */
  readonly removed: number;
  /** How many of these all else allows: so many more there would be without it. */
  readonly alone: number;
}

export interface FilterReport {
  readonly removed: readonly Removed[];
  /** How many items there are to choose from. */
  readonly left: number;
}

/**
 * What each condition takes away that all items must fulfil, exclusions and the schema's own filters included; an `any` or a `not`
 * counts as one. Counts are exact. It is for answers that explain, as it looks at each condition by itself.
 * @param items a catalogue, or the candidates of the request. @param own filters of the schema; none where the order is the site's own.
 * @returns undefined where the request has no filters, excludes nothing, and all is shown in its market.
 */
export function filterReport(
  items: { readonly table: ItemTable; readonly rows: RowsById },
  { filters, exclude, market }: Wanted,
  own: Schema['filters'],
  nowMs: number,
): FilterReport | undefined {
  const shownIn = market?.column === undefined ? undefined : market;
  if (filters === undefined && exclude === undefined && shownIn === undefined) return undefined;
  const { table } = inMarket(items, market);
  const count = table.ids.length;
  const parts = filters === undefined ? [] : conjuncts(filters, 'filters');
  const allowed = parts.map(({ filter, path }) => ({
    path,
    bits: filterRows(table, filter, path),
  }));
  if (shownIn !== undefined) allowed.push({ path: 'market', bits: marketRows(table, shownIn) });
  if (exclude !== undefined) allowed.push({ path: 'exclude', bits: allBut(items, exclude) });
  if (own.length > 0) allowed.push({ path: 'schema', bits: bySchema(table, own, nowMs) });
  // What all the parts before, and then all those behind, allow together.
  const before = [everyRow(count)];
  for (const { bits } of allowed) before.push(both(before.at(-1)!, bits));
  let behind = everyRow(count);
  const removed: Removed[] = [];
  for (let i = allowed.length - 1; i >= 0; i--) {
    const { path, bits } = allowed[i];
    const others = both(before[i], behind);
    removed.push({
      path,
      removed: count - countRows(bits),
      alone: countRows(others) - countRows(both(others, bits)),
    });
    behind = both(behind, bits);
  }
  return { removed: removed.toReversed(), left: countRows(behind) };
}

/** The parts that must all hold. */
function conjuncts(filter: Filter, path: string): { filter: Filter; path: string }[] {
  if (!('all' in filter)) return [{ filter, path }];
  return filter.all.flatMap((part, i) => conjuncts(part, `${path}.all[${i}]`));
}

/** As scoring excludes them. */
function bySchema(table: ItemTable, own: Schema['filters'], nowMs: number): RowBits {
  const bits = noRows(table.ids.length);
  for (const filter of own) {
    const column = table.columns.find(({ spec }) => spec.name === filter.column)!;
    const { values } = column;
    if ('before' in filter) {
      const end = firstIndex(1, values.length, (code) => (values[code] as number) >= nowMs);
      addAll(bits, codeRows(column).range(1, end));
    } else
      for (const value of filter.exclude)
        codeRows(column).addSet(bits, `0 ${value}`, () => codesWith(column, value));
  }
  invert(bits, table.ids.length);
  return bits;
}

function both(a: RowBits, b: RowBits): RowBits {
  const bits = a.slice();
  keepBoth(bits, b);
  return bits;
}
