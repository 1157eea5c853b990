import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { invalid } from '../../shared/domain/errors.ts';
import type { TrivagoRow } from './trivago-row.ts';

const COLUMNS: readonly (keyof TrivagoRow)[] = [
  'user_id',
  'session_id',
  'timestamp',
  'step',
  'action_type',
  'reference',
  'platform',
  'device',
  'current_filters',
  'impressions',
  'prices',
];

/** Reads a `.csv` or `.csv.gz` in the RecSys 2019 format. @throws ApiError naming the file and a missing column. */
export function readTrivago(file: string): TrivagoRow[] {
  const bytes = readFileSync(file);
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const rows: TrivagoRow[] = parse(gzipped ? gunzipSync(bytes) : bytes, {
    columns: true,
    bom: true,
  });
  const missing = COLUMNS.find((column) => rows[0]?.[column] === undefined);
  if (missing !== undefined)
    throw invalid(`${file}: there is no column "${missing}"; expected ${COLUMNS.join(', ')}`);
  return rows;
}
