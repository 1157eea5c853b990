import { isCurrency } from '../../../shared/domain/currency.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import { isMissing, readNumber, type NumberStyle } from '../../table/read-cell.ts';

/** The code of a currency at either end, and what stands beside it. */
const BEFORE = /^([A-Z]{3})(?![A-Za-z])\s*(.*)$/s;
const BEHIND = /^(.*?)\s*(?<![A-Za-z])([A-Z]{3})$/s;

/**
 * A cell of a column of prices, such as `1'299,00 CHF`. The code of its currency is kept whatever the style takes away from numbers:
 * without it, a price in another currency would count as one in the column's own.
 * @param where column and line, for the error.
 * @returns `1299 CHF`; a number where the cell names no currency, or the one of the column; undefined where it is missing. @throws ApiError 400 with what to do.
 */
export function readPriceCell(
  cell: string,
  where: string,
  style: NumberStyle,
  { currency: compared, currencyFrom }: ColumnSpec,
): number | string | undefined {
  if (isMissing(cell)) return undefined;
  const text = cell.trim();
  const [, code, number] = BEFORE.exec(text) ?? [];
  const [, numberBefore, codeBehind] = BEHIND.exec(text) ?? [];
  const [currency, amount] = code === undefined ? [codeBehind, numberBefore] : [code, number];
  if (!isCurrency(currency) || amount === undefined || !/\d/.test(amount)) {
    const value = readNumber(cell, where, style);
    return Number.isNaN(value) ? undefined : value;
  }
  const value = readNumber(amount, where, style);
  return currency === compared && currencyFrom === undefined
    ? value
    : `${String(value)} ${currency}`;
}
