import { isCurrency, type Amount, type Currency } from './currency.ts';
import { invalid } from './errors.ts';
import { shown } from './shown.ts';

/** What one unit of `base` was worth in other currencies on a day. */
export interface ExchangeRates {
  readonly base: Currency;
  /** `2026-11-30`: the day that they are of, as their source says. */
  readonly day: string;
  /** Units of each currency for one of the base. */
  readonly perBase: Readonly<Record<Currency, number>>;
}

/** Of one set of rates. */
const MOST_RATES = 400;
/** Beyond these a rate is a mistake, and what is converted by it has no digits left. */
const [LEAST_RATE, MOST_RATE] = [1e-9, 1e9];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Reads rates into one form: by code, without the base. @throws ApiError 400 naming what is wrong. */
export function parseExchangeRates(value: unknown): ExchangeRates {
  const { base, day, perBase } = (value ?? {}) as Partial<Record<keyof ExchangeRates, unknown>>;
  if (!isCurrency(base))
    throw invalid(`base of exchange rates must be the code of a currency, but was ${shown(base)}`);
  if (typeof day !== 'string' || !DAY.test(day) || Number.isNaN(Date.parse(day)))
    throw invalid(`day of exchange rates must be like 2026-11-30, but was ${shown(day)}`);
  if (typeof perBase !== 'object' || perBase === null || Array.isArray(perBase))
    throw invalid(
      `exchange rates must be an object of currency and rate, but was ${shown(perBase)}`,
    );
  const entries = Object.entries(perBase as Record<string, unknown>);
  if (entries.length > MOST_RATES)
    throw invalid(`there may be at most ${MOST_RATES} exchange rates, but were ${entries.length}`);
  for (const [code, rate] of entries) {
    if (!isCurrency(code))
      throw invalid(`exchange rates are by the codes of currencies, and one was ${shown(code)}`);
    if (typeof rate !== 'number' || !(rate >= LEAST_RATE && rate <= MOST_RATE))
      throw invalid(
        `the rate of ${code} must be a number from ${LEAST_RATE} to ${MOST_RATE}, but was ${shown(rate)}`,
      );
    if (code === base && rate !== 1)
      throw invalid(`the rate of ${code}, which is the base, must be 1, but was ${rate}`);
  }
  const sorted = (entries as [string, number][])
    .filter(([code]) => code !== base)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { base, day, perBase: Object.fromEntries(sorted) };
}

/** @returns undefined where they do not have it. */
export function rateOf({ base, perBase }: ExchangeRates, currency: Currency): number | undefined {
  if (currency === base) return 1;
  return Object.hasOwn(perBase, currency) ? perBase[currency] : undefined;
}

/** Decimal places of what is converted to compare it: fine enough that no two prices of one currency become one. */
export const COMPARED_PLACES = 6;

/**
 * What an amount is worth in another currency: `amount · rate(to) ÷ rate(from)` in exact decimal arithmetic, rounded once, half to even. So
 * edge and backend have the same number, whatever the engine. An amount in its own currency stays as it is.
 * @param places to which it is rounded.
 * @returns undefined where one of the rates is not known, or the result is too large for a double.
 */
export function converted(
  { amount, currency }: Amount,
  to: Currency,
  rates: ExchangeRates | undefined,
  places: number = COMPARED_PLACES,
): number | undefined {
  if (currency === to && places >= COMPARED_PLACES) return amount;
  const [fromRate, toRate] =
    currency === to ? [1, 1] : [rates && rateOf(rates, currency), rates && rateOf(rates, to)];
  if (fromRate === undefined || toRate === undefined) return undefined;
  const [value, by, per] = [decimalOf(amount), decimalOf(toRate), decimalOf(fromRate)];
  const top = value.digits * by.digits * 10n ** BigInt(per.scale + places);
  const bottom = per.digits * 10n ** BigInt(value.scale + by.scale);
  const whole = halfToEven(top, bottom);
  // A decimal of this form is read as the nearest double, which is one and the same everywhere.
  const worth = Number(`${whole}e${-places}`) + 0;
  return Number.isFinite(worth) ? worth : undefined;
}

interface Decimal {
  readonly digits: bigint;
  /** The number is `digits · 10^−scale`. */
  readonly scale: number;
}

/** The shortest decimal that reads as this number, which is what its source wrote. */
function decimalOf(value: number): Decimal {
  const [mantissa, exponent = '0'] = String(value).split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

/** @param bottom above 0. */
function halfToEven(top: bigint, bottom: bigint): bigint {
  const isBelow = top < 0n;
  const size = isBelow ? -top : top;
  let whole = size / bottom;
  const twice = 2n * (size % bottom);
  if (twice > bottom || (twice === bottom && whole % 2n === 1n)) whole += 1n;
  return isBelow ? -whole : whole;
}
