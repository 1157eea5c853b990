import { invalid } from '../../shared/domain/errors.ts';
import { parseMoment } from '../../shared/domain/moment.ts';
import { numberFromText } from '../../shared/domain/number-text.ts';

/** How the numbers of a file are written, where it is not digits and a decimal point alone. */
export interface NumberStyle {
  /** Texts that are taken away: each word of letters as a whole, every other character by itself. */
  readonly strip?: string;
  /** What marks decimals; the other one of point and comma, spaces and apostrophes then group thousands. */
  readonly decimal?: '.' | ',';
}

/** How a missing number, moment, truth value or id is written, in lower case. */
const MISSING = new Set(['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none']);
/** Fewer for texts: NA is Namibia and North America, None a size. */
const MISSING_TEXT = new Set(['', 'n/a', '#n/a', 'null']);
const YES = new Set(['true', 'yes', '1']);
const NO = new Set(['false', 'no', '0']);

export const isMissing = (cell: string): boolean => MISSING.has(cell.trim().toLowerCase());
export const isMissingText = (cell: string): boolean => MISSING_TEXT.has(cell.trim().toLowerCase());

/** The texts to take away, one by one. @throws ApiError 400 where a number would change. */
export function stripTokens(strip: string): readonly string[] {
  const tokens = strip.match(/\p{L}+|[^\p{L}]/gu) ?? [];
  const bad = tokens.find((token) => /[\d+-]/.test(token));
  if (bad !== undefined) throw invalid(`--strip may not take away "${bad}": it is part of numbers`);
  return tokens;
}

/** @returns NaN where the cell is no number written like that. */
export function numberIn(cell: string, { strip = '', decimal }: NumberStyle): number {
  let text = cell;
  for (const token of stripTokens(strip)) text = text.replaceAll(token, '');
  text = text.trim();
  if (decimal === undefined) return numberFromText(text);
  const group = decimal === '.' ? ',' : '.';
  const whole = text.split(decimal);
  if (whole.length > 2) return Number.NaN;
  const groups = whole[0].split(new RegExp(`[${group}'’\\s]`));
  const isGrouped =
    groups.length === 1 || (/^[+-]?\d{1,3}$/.test(groups[0]) && groups.slice(1).every(isThree));
  return isGrouped ? numberFromText([groups.join(''), ...whole.slice(1)].join('.')) : Number.NaN;
}

const isThree = (digits: string): boolean => /^\d{3}$/.test(digits);

/** @returns NaN for a missing one. @param where column and line, for the error. @throws ApiError 400 with what to do. */
export function readNumber(cell: string, where: string, style: NumberStyle = {}): number {
  if (isMissing(cell)) return Number.NaN;
  const value = numberIn(cell, style);
  if (!Number.isNaN(value)) return value;
  throw invalid(`${where}: "${shortened(cell)}" is no number${remedyOf(cell)}`);
}

/** @returns 1 or 0, NaN for a missing one. @throws ApiError 400. */
export function readTruth(cell: string, where: string): number {
  if (isMissing(cell)) return Number.NaN;
  const text = cell.toLowerCase();
  if (YES.has(text)) return 1;
  if (NO.has(text)) return 0;
  throw invalid(
    `${where}: "${shortened(cell)}" is neither true nor false: write true, yes or 1, or false, no or 0`,
  );
}

/** @returns epoch ms. @throws ApiError 400, for a missing one too. */
export function readMoment(cell: string, where: string, isSeconds = false): number {
  if (isMissing(cell))
    throw invalid(
      `${where}: "${cell}" is no moment, and every row needs one, such as 2027-05-06T10:00:00Z`,
    );
  const seconds = isSeconds ? numberFromText(cell) : Number.NaN;
  if (isSeconds && Number.isNaN(seconds))
    throw invalid(
      `${where}: "${shortened(cell)}" is no number of seconds since 1970, such as 1809597600`,
    );
  return parseMoment(isSeconds ? seconds * 1000 : cell, where);
}

/** `2027-05-06` of a year, a month and a day in columns of their own. @throws ApiError 400 where one is no whole number. */
export function dateOfParts(parts: readonly string[], where: string): string {
  const [year, month, day] = parts.map((part) => part.trim());
  if (![year, month, day].every((part) => /^\d{1,4}$/.test(part)))
    throw invalid(
      `${where}: year, month and day must be whole numbers, as 2027, 5 and 6, but were ${parts.map((part) => `"${shortened(part)}"`).join(', ')}`,
    );
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const SLASHED = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?=$|[T ])/;

/** `2027-06-05` of `05/06/2027`, with the time behind it where there is one; any other text stays as it is. */
export function dateInOrder(cell: string, order: 'day-first' | 'month-first'): string {
  const text = cell.trim();
  const found = SLASHED.exec(text);
  if (found === null) return text;
  const [whole, first, , second, year] = found;
  const [day, month] = order === 'day-first' ? [first, second] : [second, first];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${text.slice(whole.length)}`;
}

/** The options that would read the cell, with what they make of it. */
function remedyOf(cell: string): string {
  const strip = [...new Set(cell.match(/\p{L}+|\p{Sc}|%/gu))].join(' ').trim();
  const styles: NumberStyle[] = [{ strip }, { strip, decimal: '.' }, { strip, decimal: ',' }];
  // Letters among digits (0x10, 1e400) are no unit.
  const isUnit = !/\d\p{L}+\d/u.test(cell);
  const values = styles.map((style) => (isUnit ? numberIn(cell, style) : Number.NaN));
  const readings = styles.flatMap((style, i) => {
    const value = values[i];
    // An option more that makes the same of it explains nothing.
    if (Number.isNaN(value) || values.indexOf(value) < i) return [];
    const stripping = strip === '' ? '' : ` --strip '${strip}'`;
    return [`${stripping}${style.decimal ? ` --decimal ${style.decimal}` : ''} (${value})`];
  });
  const plain = '; write decimals with a point and nothing else';
  if (readings.length > 0) return `${plain}, or say how to read it:${readings.join(' or')}`;
  return /\d/.test(cell)
    ? plain
    : '; write one, such as 12.5, or leave the cell empty where it is missing';
}

export const shortened = (cell: string): string =>
  cell.length > 40 ? `${cell.slice(0, 40)}…` : cell;
