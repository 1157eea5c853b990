export type Cell = string | number | null | Uint8Array;

/**
 * Rows of equal length as they cross to another thread. All bytes are one buffer: thousands of arrays would each be cloned by
 * themselves, which took as long as inserting them. What many rows have in common does not cross with each of them.
 */
export interface RowCells {
  readonly count: number;
  /** By column: what all rows have there, as SQL; undefined where they differ, which is so of at least one column. */
  readonly same: readonly (string | undefined)[];
  /** Row after row, of the columns that differ; in a column of bytes how many there are, or null. */
  readonly cells: readonly (string | number | null)[];
  /** Which of the columns that differ are bytes, ascending. */
  readonly byteColumns: readonly number[];
  /** Of all rows and columns, in order. */
  readonly bytes: Uint8Array;
}

/** With fewer it costs more to parse a statement of its own for what they have in common than to bind it. */
const LEAST_ALIKE = 64;

/**
 * @param rows at least one.
 * @returns undefined where a column has both bytes and something else.
 * @throws RangeError of a number that SQLite has none for.
 */
export function packCells(rows: readonly (readonly Cell[])[]): RowCells | undefined {
  const width = rows[0].length;
  const same: (string | undefined)[] = [];
  const columns: number[] = [];
  const byteColumns: number[] = [];
  let sizeBytes = 0;
  for (let column = 0; column < width; column++) {
    const kind = kindOf(rows, column);
    if (kind === undefined) return undefined;
    const isShared = kind.isSame && rows.length >= LEAST_ALIKE;
    const literal = isShared ? literalOf(rows[0][column]) : undefined;
    same.push(literal);
    if (literal !== undefined) continue;
    if (kind.isBytes) byteColumns.push(columns.length);
    columns.push(column);
    sizeBytes += kind.sizeBytes;
  }
  // Rows without anything of their own would not be as many as they are.
  if (columns.length === 0) {
    same[0] = undefined;
    columns.push(0);
  }
  const cells: (string | number | null)[] = [];
  const bytes = new Uint8Array(sizeBytes);
  let end = 0;
  for (const row of rows)
    for (const column of columns) {
      const cell = row[column];
      if (typeof cell !== 'object' || cell === null) {
        cells.push(cell);
        continue;
      }
      bytes.set(cell, end);
      end += cell.length;
      cells.push(cell.length);
    }
  return { count: rows.length, same, cells, byteColumns, bytes };
}

function kindOf(rows: readonly (readonly Cell[])[], column: number) {
  const first = rows[0][column];
  let [isSame, isBytes, isOther] = [true, false, false];
  let sizeBytes = 0;
  for (const row of rows) {
    const cell = row[column];
    if (isSame && !Object.is(cell, first)) isSame = false;
    if (cell === null) continue;
    if (typeof cell === 'object') {
      isBytes = true;
      sizeBytes += cell.length;
      continue;
    }
    isOther = true;
    if (typeof cell === 'number' && !Number.isFinite(cell))
      throw new RangeError(`${cell} cannot be stored: only finite numbers can`);
  }
  return isBytes && isOther ? undefined : { isSame, isBytes, sizeBytes };
}

/** @returns undefined of what is not sure to be read from SQL as it would be bound: fractions, long texts and odd characters. */
function literalOf(cell: Cell): string | undefined {
  if (cell === null) return 'null';
  // Numbers are bound as floating point, which columns of whole numbers turn back.
  if (typeof cell === 'number')
    return Number.isSafeInteger(cell) && !Object.is(cell, -0) ? `${cell}.0` : undefined;
  return typeof cell === 'string' && /^[\w:.-]{0,64}$/.test(cell) ? `'${cell}'` : undefined;
}

/** The cells that differ of each row, one row after the other: each is overwritten by the next. */
export function* unpackCells({
  count,
  cells,
  byteColumns,
  bytes,
}: RowCells): Generator<readonly Cell[], void, void> {
  const width = cells.length / count;
  const row = Array.from({ length: width }, (): Cell => null);
  let end = 0;
  for (let from = 0; from < cells.length; from += width) {
    for (let column = 0; column < width; column++) row[column] = cells[from + column];
    for (const column of byteColumns) {
      const size = row[column];
      if (typeof size === 'number') row[column] = bytes.subarray(end, (end += size));
    }
    yield row;
  }
}
