import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { invalid } from '../../shared/domain/errors.ts';

/** The rows of a `.csv` or `.csv.gz` as text by column. @throws ApiError naming the file and a missing column. */
export function readCsv<Column extends string>(
  file: string,
  columns: readonly Column[],
): Record<Column, string>[] {
  const bytes = readFileSync(file);
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const rows: Record<Column, string>[] = parse(gzipped ? gunzipSync(bytes) : bytes, {
    columns: true,
    bom: true,
  });
  const missing = columns.find((column) => rows[0]?.[column] === undefined);
  if (missing !== undefined)
    throw invalid(`${file}: there is no column "${missing}"; expected ${columns.join(', ')}`);
  return rows;
}
