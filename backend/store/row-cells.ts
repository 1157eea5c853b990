export type Cell = string | number | null | Uint8Array;

/**
 * Rows of equal length as they cross to another thread. All bytes are one buffer: thousands of arrays would each be cloned by
 * themselves, which took as long as inserting them.
 */
export interface RowCells {
  /** Cells per row. */
  readonly width: number;
  /** Row after row; in a column of bytes how many there are, or null. */
  readonly cells: readonly (string | number | null)[];
  /** Numbers of the columns of bytes, ascending. */
  readonly byteColumns: readonly number[];
  /** Of all rows and columns, in order. */
  readonly bytes: Uint8Array;
}

/**
 * @returns undefined where a column has both bytes and something else.
 * @throws RangeError of a number that SQLite has none for.
 */
export function packCells(rows: readonly (readonly Cell[])[]): RowCells | undefined {
  const width = rows[0].length;
  const isBytes = Array.from({ length: width }, (_, column) =>
    rows.some((row) => row[column] instanceof Uint8Array),
  );
  const cells: (string | number | null)[] = [];
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const row of rows)
    for (let column = 0; column < width; column++) {
      const cell = row[column];
      if (cell instanceof Uint8Array) {
        parts.push(cell);
        sizeBytes += cell.length;
        cells.push(cell.length);
        continue;
      }
      if (isBytes[column] && cell !== null) return undefined;
      if (typeof cell === 'number' && !Number.isFinite(cell))
        throw new RangeError(`${cell} cannot be stored: only finite numbers can`);
      cells.push(cell);
    }
  const bytes = new Uint8Array(sizeBytes);
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return { width, cells, bytes, byteColumns: isBytes.flatMap((is, column) => (is ? column : [])) };
}

/** The rows again, one after the other: each is overwritten by the next. */
export function* unpackCells({
  width,
  cells,
  byteColumns,
  bytes,
}: RowCells): Generator<readonly Cell[], void, void> {
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
