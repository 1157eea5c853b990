import type { Item } from '../domain/item.ts';
import { own } from '../domain/own.ts';
import {
  codesFor,
  packItems,
  type Codes,
  type Column,
  type ItemTable,
  type ListedTable,
} from './columns/item-table.ts';
import type { Schema } from './schema.ts';

/**
 * A whole catalogue as a table whose rows lie by what they are: sorted by one column after the other, items that are alike in all
 * of them in the order given. So a block of rows has few different codes in the first columns, and a search can tell from the
 * block what its rows can score at most.
 * @param items in order of id, so that equal catalogues give equal tables.
 * @throws ApiError 400 naming the item that does not fit the schema.
 */
export function catalogueTable(schema: Schema, items: readonly Item[]): ListedTable {
  const table = packItems(schema.columns, items);
  let rows = Uint32Array.from(items, (_, row) => row);
  // A stable sort by the last column first, then by the one before it, and so on.
  for (const column of sortColumns(schema, table).toReversed())
    rows = sortedBy(table.columns[column], rows);
  return {
    ...table,
    ids: Array.from(rows, (row) => table.ids[row]),
    columns: table.columns.map((column) => ({ ...column, codes: inOrder(column, rows) })),
  };
}

/**
 * The columns that rows are sorted by, as their places in the table: first those that rules weigh or filters read, and of these those
 * with few different values: a column tells blocks apart only as long as there are fewer combinations of it and those before it than
 * blocks. A path counts by its roots, as its codes are sorted by them. Numbers of values count as equal up to a factor of two,
 * so that an item more or less hardly ever gives another order, which would be another place for every row.
 */
export function sortColumns(
  { features, filters, rules }: Schema,
  { columns }: Pick<ItemTable, 'columns'>,
): number[] {
  const weighed = new Set([
    ...features.flatMap((spec) =>
      'column' in spec && own(rules, spec.name)?.some((points) => points !== 0)
        ? [spec.column]
        : [],
    ),
    ...filters.map(({ column }) => column),
  ]);
  const rankOf = (column: Column) => (weighed.has(column.spec.name) ? 0 : 1);
  const sizes = columns.map((column) => 32 - Math.clz32(distinctRoots(column)));
  return [...columns.keys()].toSorted(
    (a, b) => rankOf(columns[a]) - rankOf(columns[b]) || sizes[a] - sizes[b],
  );
}

function distinctRoots({ spec, values }: Column): number {
  if (spec.type !== 'path') return values.length - 1;
  return new Set(values.slice(1).map((path) => (path as readonly string[])[0])).size;
}

/** A counting sort. */
function sortedBy({ codes, values }: Column, rows: Uint32Array): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(values.length + 1);
  for (let row = 0; row < codes.length; row++) next[codes[row] + 1]++;
  for (let code = 0; code < values.length; code++) next[code + 1] += next[code];
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) sorted[next[codes[rows[i]]]++] = rows[i];
  return sorted;
}

function inOrder({ codes, values }: Column, rows: Uint32Array): Codes {
  const ordered = codesFor(values.length, rows.length);
  for (let i = 0; i < rows.length; i++) ordered[i] = codes[rows[i]];
  return ordered;
}
