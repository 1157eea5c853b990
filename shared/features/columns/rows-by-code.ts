import type { Column } from './item-table.ts';

/** By column, as it is the same for all requests. */
const counted = new WeakMap<Column, Uint32Array>();

/** Says it of a column whose rows were counted before. */
export const knowRowsByCode = (column: Column, rows: Uint32Array): void =>
  void counted.set(column, rows);

/** How many rows have each code of a column: `Uint32Array(values.length)`. */
export function rowsByCode(column: Column): Uint32Array {
  const before = counted.get(column);
  if (before !== undefined) return before;
  const { codes, values } = column;
  const rows = new Uint32Array(values.length);
  for (let row = 0; row < codes.length; row++) rows[codes[row]]++;
  counted.set(column, rows);
  return rows;
}
