import { invalid } from '../../../../shared/domain/errors.ts';

export type CellParse = 'number' | 'boolean';

const YES = new Set(['true', 'yes', '1']);
const NO = new Set(['false', 'no', '0']);
/** How missing numbers are written. */
const MISSING = new Set(['', 'na', 'nan', 'null', 'none']);

/** @returns NaN for an empty cell (also NA, NaN, null). @throws ApiError naming column and line. */
export function readCell(cell: string, parse: CellParse, column: string, line: number): number {
  const text = cell.toLowerCase();
  if (MISSING.has(text)) return Number.NaN;
  if (parse === 'boolean') {
    if (YES.has(text)) return 1;
    if (NO.has(text)) return 0;
    throw invalid(`line ${line}, column ${column}: "${shortened(cell)}" is neither true nor false`);
  }
  const value = Number(cell);
  if (Number.isFinite(value)) return value;
  const remedy = /^-?\d+,\d+$/.test(cell)
    ? 'write decimals with a point'
    : 'if it is true or false, say "parse": "boolean"';
  throw invalid(`line ${line}, column ${column}: "${shortened(cell)}" is no number; ${remedy}`);
}

/** @returns epoch ms. @throws ApiError naming column and line. */
export function readMoment(
  cell: string,
  parse: 'iso' | 'epoch ms' | 'epoch s',
  column: string,
  line: number,
): number {
  const at = parse === 'iso' ? Date.parse(cell) : Number(cell) * (parse === 'epoch s' ? 1000 : 1);
  if (cell !== '' && Number.isFinite(at)) return at;
  throw invalid(
    `line ${line}, column ${column}: "${shortened(cell)}" is no moment (${parse}); every row needs one`,
  );
}

const shortened = (cell: string): string => (cell.length > 40 ? `${cell.slice(0, 40)}…` : cell);
