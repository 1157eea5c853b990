import { isCurrency } from '../../../shared/domain/currency.ts';
import { isMissing, numberIn } from '../../table/read-cell.ts';
import type { Question } from './guess.ts';

/** A column whose cells are numbers, read in each way in which all of them can be. */
export interface NumberColumn {
  readonly name: string;
  readonly cells: readonly string[];
  /** Words and signs beside the digits, such as `$`; empty: none. */
  readonly units: readonly string[];
  /** Texts among the cells that are no numbers and so few that they mean a missing one. */
  readonly missing: readonly string[];
}

export type DecimalMark = '.' | ',';

/** So many different texts may mean a missing number, in at most this share of the cells. */
const MOST_MISSING_TEXTS = 4;
const MOST_MISSING_SHARE = 0.1;

/** @returns undefined unless all cells but a few texts are numbers with one unit. */
export function numberColumn(name: string, cells: readonly string[]): NumberColumn | undefined {
  const others = cells.filter((cell) => !/\d/.test(cell));
  const missing = [...new Set(others.map((cell) => cell.trim()))].filter(
    (cell) => !isMissing(cell),
  );
  const numbers = cells.filter((cell) => /\d/.test(cell));
  if (missing.length > MOST_MISSING_TEXTS || others.length > MOST_MISSING_SHARE * cells.length)
    return undefined;
  if (numbers.length === 0 || numbers.some((cell) => /\d\p{L}+\d/u.test(cell))) return undefined;
  const units = new Map<string, Set<string>>();
  for (const cell of numbers) {
    const words = cell.match(/\p{L}+|\p{Sc}|%/gu) ?? [];
    const key = words.map(singular).join(' ');
    units.set(key, new Set([...(units.get(key) ?? []), ...words]));
  }
  units.delete('');
  // Of two currencies in one column the numbers cannot be compared.
  if (units.size > 1) return undefined;
  const found = [...([...units.values()][0] ?? [])];
  const column = { name, cells: numbers, units: found, missing };
  return MARKS.some((mark) => isReadable(column, mark)) ? column : undefined;
}

/** Such as `CHF`, `€`: the currencies of a column of prices in several, which `numberColumn` refuses; else undefined. */
export function severalCurrencies(cells: readonly string[]): readonly string[] | undefined {
  const numbers = cells.filter((cell) => /\d/.test(cell));
  const units = numbers.map((cell) => cell.match(/\p{L}+|\p{Sc}/gu) ?? []);
  const found = new Set(units.flat());
  const arePrices =
    numbers.length === cells.length &&
    units.every((one) => one.length <= 1) &&
    [...found].every((unit) => isCurrency(unit) || /^\p{Sc}$/u.test(unit));
  const areNumbers = numbers.every((cell) => /^[^\d]*[\d.,'’\s]+[^\d]*$/u.test(cell));
  return arePrices && areNumbers && found.size > 1 ? [...found].toSorted() : undefined;
}

const singular = (word: string): string => word.toLowerCase().replace(/(?<=\p{L}{2})s$/u, '');

const MARKS: readonly (DecimalMark | undefined)[] = [undefined, '.', ','];

/** Longer words first, as one may be part of another. */
export const stripOf = (units: readonly string[]): string =>
  [...new Set(units)].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1)).join(' ');

export const numbersOf = (
  { cells, units }: NumberColumn,
  decimal: DecimalMark | undefined,
): number[] => cells.map((cell) => numberIn(cell, { strip: stripOf(units), decimal }));

const isReadable = (column: NumberColumn, decimal: DecimalMark | undefined): boolean =>
  !numbersOf(column, decimal).some(Number.isNaN);

/** `1.299` beside `899` is rather a thousand and some than one and some. */
function isGroupedBy(mark: DecimalMark, { cells, units }: NumberColumn): boolean {
  const digits = cells.map((cell) => stripOf(units).split(' ').reduce(without, cell).trim());
  const grouped = mark === '.' ? /^\d{1,3}(\.\d{3})+$/ : /^\d{1,3}(,\d{3})+$/;
  const marked = digits.filter((text) => text.includes(mark));
  return (
    marked.length > 0 &&
    marked.every((text) => grouped.test(text)) &&
    digits.some((text) => /^\d{3}$/.test(text))
  );
}

const without = (text: string, part: string): string =>
  part === '' ? text : text.replaceAll(part, '');

const OTHER: Readonly<Record<DecimalMark, DecimalMark>> = { '.': ',', ',': '.' };

/** The mark that a column shows; `either` where it needs one and both would do. */
function markOf(column: NumberColumn): DecimalMark | 'either' | undefined {
  const grouping = (['.', ','] as const).find((mark) => isGroupedBy(mark, column));
  if (grouping !== undefined) return OTHER[grouping];
  if (isReadable(column, undefined)) return undefined;
  const [point, comma] = [isReadable(column, '.'), isReadable(column, ',')];
  if (point && comma) return 'either';
  return point ? '.' : ',';
}

/** What marks decimals in a file: one of its columns shows it, or nobody can tell. */
export function guessDecimal(columns: readonly NumberColumn[]): {
  readonly decimal?: DecimalMark;
  readonly question?: Question;
} {
  const marks = columns.map(markOf);
  const showing = (mark: DecimalMark) => marks.filter((one) => one === mark).length;
  if (showing('.') + showing(',') > 0) return { decimal: showing('.') >= showing(',') ? '.' : ',' };
  const column = columns[marks.indexOf('either')];
  if (column === undefined) return {};
  const shown = column.cells.find((cell) => /[.,]/.test(cell))!;
  return {
    decimal: '.',
    question: {
      option: 'decimal',
      text: `How is "${shown}" of column ${column.name} to be read?`,
      choices: (['.', ','] as const).map((value) => ({
        value,
        meaning: `a ${value === '.' ? 'point' : 'comma'} marks decimals: ${numbersOf({ ...column, cells: [shown] }, value)[0]}`,
      })),
      otherwise: '.',
    },
  };
}
