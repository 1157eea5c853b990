/** Bucket codes of many rows, feature by feature: `codes[feature * rows + row]`, 0..255, 0 where the value is missing. */
export interface CodeMatrix {
  readonly rows: number;
  readonly features: number;
  readonly codes: Uint8Array;
}

/** So many rows are turned at once that what is written stays in the cache. */
const BLOCK_ROWS = 4096;

/** The codes row by row: `result[row * stride + feature]`. @param stride at least the number of features. */
export function codesByRow({ rows, features, codes }: CodeMatrix, stride: number): Uint8Array {
  const byRow = new Uint8Array(rows * stride);
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const to = Math.min(from + BLOCK_ROWS, rows);
    for (let feature = 0; feature < features; feature++)
      for (let row = from; row < to; row++)
        byRow[row * stride + feature] = codes[feature * rows + row];
  }
  return byRow;
}
