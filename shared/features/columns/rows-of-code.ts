import type { Column } from './item-table.ts';
import { rowsByCode } from './rows-by-code.ts';

interface Listed {
  /** The rows of code c are those from `starts[c]` up to, and without, `starts[c + 1]`. */
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
}

const listed = new WeakMap<Column, Listed>();

/** The rows that have a code of a column, ascending: a view. They are listed on first use, 4 bytes a row, and go with the column. */
export function rowsOfCode(column: Column, code: number): Uint32Array {
  let known = listed.get(column);
  if (known === undefined) listed.set(column, (known = list(column)));
  return known.rows.subarray(known.starts[code], known.starts[code + 1]);
}

function list(column: Column): Listed {
  const { codes } = column;
  const counts = rowsByCode(column);
  const starts = new Uint32Array(counts.length + 1);
  for (let code = 0; code < counts.length; code++) starts[code + 1] = starts[code] + counts[code];
  const next = starts.slice();
  const rows = new Uint32Array(codes.length);
  for (let row = 0; row < codes.length; row++) rows[next[codes[row]]++] = row;
  return { starts, rows };
}
