import { readCsv } from './read-csv.ts';
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
export const readTrivago = (file: string): TrivagoRow[] => readCsv(file, COLUMNS);
