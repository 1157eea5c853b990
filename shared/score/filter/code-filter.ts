import type { Filter } from '../../domain/filter.ts';
import type { ItemId } from '../../domain/ids.ts';
import { codesFor, type Column, type ItemTable } from '../../features/columns/item-table.ts';
import { filterRows, named } from './filter-rows.ts';

/** Codes of one column. */
export interface SomeCodes {
  /** Index in the table. */
  readonly column: number;
  /** 1 for each of them: `Uint8Array(codes of the dictionary)`. */
  readonly isOne: Uint8Array;
}

/**
 * What a filter allows, as codes of the one column that all of its conditions are on.
 * @returns undefined where they are on several. @throws ApiError 400 as `filterRows` does.
 */
export function allowedCodes(
  table: ItemTable,
  filter: Filter,
  path: string,
): SomeCodes | undefined {
  const column = onlyColumn(table, filter, path);
  if (column === undefined) return undefined;
  const { length } = column.values;
  const bits = filterRows(eachCode(column), filter, path);
  const isOne = new Uint8Array(length);
  for (let code = 0; code < length; code++) isOne[code] = (bits[code >> 5] >>> (code & 31)) & 1;
  return { column: table.columns.indexOf(column), isOne };
}

function onlyColumn(table: ItemTable, filter: Filter, path: string): Column | undefined {
  if ('within' in filter) return undefined;
  if ('column' in filter) return named(table, filter.column, `${path}.column`).column;
  if ('not' in filter) return onlyColumn(table, filter.not, `${path}.not`);
  const form = 'all' in filter ? 'all' : 'any';
  const parts = 'all' in filter ? filter.all : filter.any;
  const columns = parts.map((part, i) => onlyColumn(table, part, `${path}.${form}[${i}]`));
  return columns.every((one) => one === columns[0]) ? columns[0] : undefined;
}

const known = new WeakMap<Column, ItemTable>();

/** A table of a column in which each code has one row, so that the rows of a filter are its codes. */
function eachCode(column: Column): ItemTable {
  let each = known.get(column);
  if (each === undefined) {
    const { length } = column.values;
    const codes = codesFor(length, length).map((_, code) => code);
    const ids = Array.from({ length }, (_, code) => String(code) as ItemId);
    each = { ids, columns: [{ ...column, codes }], ordered: false };
    known.set(column, each);
  }
  return each;
}
