import { invalid } from './errors.ts';
import { numberFromText } from './number-text.ts';
import { shown } from './shown.ts';

/** The code of a currency (ISO 4217), such as `EUR`. */
export type Currency = string;

const CODE = /^[A-Z]{3}$/;

export const isCurrency = (value: unknown): value is Currency =>
  typeof value === 'string' && CODE.test(value);

/** @throws ApiError 400 naming the field. */
export function parseCurrency(value: unknown, what: string): Currency {
  if (isCurrency(value)) return value;
  throw invalid(
    `${what} must be the code of a currency, three capital letters such as EUR, but was ${shown(value)}`,
  );
}

/** An amount of money with its currency. */
export interface Amount {
  readonly amount: number;
  readonly currency: Currency;
}

export function isAmount(value: unknown): value is Amount {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { amount, currency, ...rest } = value as Record<string, unknown>;
  return Number.isFinite(amount) && isCurrency(currency) && Object.keys(rest).length === 0;
}

/**
 * Reads `129 EUR` or `EUR 129`, as feeds write prices: a decimal number with a point, and the code of a currency.
 * @returns undefined where a text is neither.
 */
export function amountFromText(text: string): Amount | undefined {
  const [first, second, more] = text.trim().split(/\s+/);
  if (second === undefined || more !== undefined) return undefined;
  const [number, currency] = isCurrency(first) ? [second, first] : [first, second];
  const amount = numberFromText(number);
  return isCurrency(currency) && !Number.isNaN(amount)
    ? { amount: amount + 0, currency }
    : undefined;
}

/** Of the currencies whose smallest unit is not a hundredth (ISO 4217). */
const PLACES: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code) => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3]),
]);

/** Decimal places of a currency's smallest unit. Not asked of `Intl`, whose tables change with the engine. */
export const placesOf = (currency: Currency): number =>
  Object.hasOwn(PLACES, currency) ? PLACES[currency] : 2;
