import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountFromText, placesOf } from '../../../shared/domain/currency.ts';
import {
  converted,
  parseExchangeRates,
  type ExchangeRates,
} from '../../../shared/domain/exchange-rates.ts';
import { parseMarkets } from '../../../shared/domain/trade.ts';

const rates: ExchangeRates = parseExchangeRates({
  base: 'EUR',
  day: '2026-11-30',
  perBase: { USD: 1.0832, JPY: 171.29, KWD: 0.3345 },
});

/** The same by fractions of big integers, which the conversion must equal after one rounding. */
function oracle(amount: number, from: number, to: number, places: number): number {
  const part = (value: number): [bigint, bigint] => {
    const [whole, fraction = ''] = value.toFixed(9).split('.');
    return [BigInt(whole + fraction), 10n ** BigInt(fraction.length)];
  };
  const [[a, x], [f, y], [t, z]] = [amount, from, to].map(part);
  const [top, bottom] = [a * t * y * 10n ** BigInt(places), f * x * z];
  const down = top / bottom;
  const rest = 2n * (top - down * bottom);
  const whole = rest > bottom || (rest === bottom && down % 2n === 1n) ? down + 1n : down;
  return Number(`${whole}e-${places}`);
}

describe('converted', () => {
  it('is the exact quotient, rounded once and half to even', () => {
    const cents = fc.integer({ min: 0, max: 1_000_000_00 }).map((n) => n / 100);
    const rate = fc.integer({ min: 1, max: 1_000_000_000 }).map((n) => n / 1_000_000);
    fc.assert(
      fc.property(cents, rate, rate, (amount, USD, GBP) => {
        const own = parseExchangeRates({ base: 'EUR', day: '2026-11-30', perBase: { USD, GBP } });
        expect(converted({ amount, currency: 'USD' }, 'GBP', own, 2)).toBe(
          oracle(amount, USD, GBP, 2),
        );
      }),
    );
  });

  it('rounds a half to the even digit', () => {
    const own = parseExchangeRates({ base: 'EUR', day: '2026-11-30', perBase: { USD: 2 } });
    expect(converted({ amount: 0.01, currency: 'USD' }, 'EUR', own, 2)).toBe(0);
    expect(converted({ amount: 0.03, currency: 'USD' }, 'EUR', own, 2)).toBe(0.02);
    expect(converted({ amount: -0.03, currency: 'USD' }, 'EUR', own, 2)).toBe(-0.02);
  });

  it('leaves an amount in its own currency, whatever its digits, and needs no rates for it', () => {
    expect(converted({ amount: 1 / 3, currency: 'EUR' }, 'EUR', undefined)).toBe(1 / 3);
    expect(converted({ amount: 1e-9, currency: 'XYZ' }, 'XYZ', undefined)).toBe(1e-9);
  });

  it('knows no currency without a rate, nor what objects inherit', () => {
    expect(converted({ amount: 1, currency: 'GBP' }, 'EUR', rates)).toBeUndefined();
    expect(converted({ amount: 1, currency: 'constructor' }, 'EUR', rates)).toBeUndefined();
    expect(converted({ amount: 1, currency: 'USD' }, 'EUR', undefined)).toBeUndefined();
    expect(converted({ amount: 1e308, currency: 'EUR' }, 'JPY', rates)).toBeUndefined();
  });

  it('has the same bits everywhere', () => {
    const amounts = [129, 99.99, 1e21, 1e-7].map((amount) =>
      converted({ amount, currency: 'USD' }, 'EUR', rates),
    );
    expect(amounts).toEqual([119.091581, 92.309823, 923190546528803500000, 0]);
  });
});

describe('amounts and rates from outside', () => {
  it.each([
    ['129 EUR', { amount: 129, currency: 'EUR' }],
    ['EUR 129.50', { amount: 129.5, currency: 'EUR' }],
    ['129', undefined],
    ['129 eur', undefined],
    ['129 EUR 3', undefined],
    ['1,29 EUR', undefined],
    ['0x10 EUR', undefined],
    ['EUR', undefined],
    ['', undefined],
  ])('%s', (text, amount) => {
    expect(amountFromText(text)).toEqual(amount);
  });

  it.each([
    [{}, 'base'],
    [{ base: 'EUR', day: '30.11.2026', perBase: {} }, 'day'],
    [{ base: 'EUR', day: '2026-13-40', perBase: {} }, 'day'],
    [{ base: 'EUR', day: '2026-11-30', perBase: [] }, 'object'],
    [{ base: 'EUR', day: '2026-11-30', perBase: { USD: 0 } }, 'USD'],
    [{ base: 'EUR', day: '2026-11-30', perBase: { USD: Infinity } }, 'USD'],
    [{ base: 'EUR', day: '2026-11-30', perBase: { USD: '1.08' } }, 'USD'],
    [{ base: 'EUR', day: '2026-11-30', perBase: { EUR: 2 } }, 'base'],
    [{ base: 'EUR', day: '2026-11-30', perBase: { constructor: 2 } }, 'codes'],
  ])('refuses %j', (value, word) => {
    expect(() => parseExchangeRates(value)).toThrow(word);
  });

  it.each([
    [undefined, 'object'],
    [{ default: 'DE', markets: {} }, '1 to'],
    [{ default: 'FR', markets: { DE: {} } }, 'default'],
    [{ default: 'DE', markets: { DE: { currency: 'Euro' } } }, 'currency'],
    [{ default: 'DE', markets: { DE: { language: '12345678901' } } }, 'language'],
    [{ default: 'DE', markets: { DE: { tax: 1 } } }, 'tax'],
    [{ default: 'DE', markets: { DE: { prices: { price: 1 } } } }, 'prices'],
    [{ default: 'DE', markets: { 'D E': {} } }, 'named by'],
    [{ default: 'DE', markets: { DE: {}, 49: {} } }, 'not digits alone'],
    [{ default: 'DE', markets: JSON.parse('{"DE": {}, "__proto__": {}}') }, 'named by'],
    [{ default: 'constructor', markets: { DE: {} } }, 'default'],
    [{ default: 'DE', markets: { DE: {} }, unlisted: 'here' }, 'unlisted'],
  ])('refuses markets %j', (value, word) => {
    expect(() => parseMarkets(value)).toThrow(word);
  });

  it('has the smallest units of currencies by a list of its own', () => {
    expect(['EUR', 'JPY', 'KWD', 'XYZ'].map(placesOf)).toEqual([2, 0, 3, 2]);
  });
});
