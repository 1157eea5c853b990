import { describe, expect, it } from 'vitest';
import { parseExchangeRates } from '../../../../shared/domain/exchange-rates.ts';
import { refuseImplausible } from '../../../../backend/catalogue/trade/compare-rates.ts';
import { parseRatesFeed } from '../../../../backend/catalogue/trade/parse-rates.ts';

const NOW_MS = Date.UTC(2026, 10, 30, 12);
const of = (day: string, perBase: object, base = 'EUR') =>
  parseExchangeRates({ base, day, perBase });
const before = of('2026-11-27', { USD: 1.08, JPY: 171 });
const limits = { maxChange: 1.2, nowMs: NOW_MS, anyChange: false };

describe('exchange rates of a feed', () => {
  it('are read as services and the European Central Bank write them', () => {
    const expected = of('2026-11-30', { USD: 1.0832, CHF: 0.95 });
    const json = { base: 'EUR', date: '2026-11-30', rates: { USD: 1.0832, CHF: 0.95 } };
    expect(parseRatesFeed(JSON.stringify(json))).toEqual(expected);
    const xml = `<?xml version="1.0"?><gesmes:Envelope xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
      <Cube><Cube time='2026-11-30'><Cube currency='USD' rate='1.0832'/><Cube currency='CHF' rate='0.95'/></Cube></Cube></gesmes:Envelope>`;
    expect(parseRatesFeed(xml)).toEqual(expected);
  });

  it.each([
    ['', 'neither'],
    ['<html>not found</html>', 'neither'],
    ['{"base": "EUR"', 'no JSON'],
    ['{"base": "EUR", "date": "2026-11-30"}', 'exchange rates must be'],
    ['{"base": "EUR", "date": "2026-11-30", "rates": {"USD": "1"}}', 'rate of USD'],
    ['<eurofxref></eurofxref>', 'no day'],
  ])('%s is refused in words', (text, words) => {
    expect(() => parseRatesFeed(text)).toThrow(words);
  });
});

describe('implausible rates', () => {
  it.each([
    [of('2026-11-30', { USD: 10.8, JPY: 171 }), 'USD went from 1.08 to 10.8'],
    [of('2026-11-30', { USD: 0.108, JPY: 171 }), 'USD went from 1.08 to 0.108'],
    [of('2026-11-30', { USD: 1.08 }), 'lack JPY'],
    [of('2026-11-26', { USD: 1.08, JPY: 171 }), 'those in force of 2026-11-27'],
    [of('2026-12-02', { USD: 1.08, JPY: 171 }), 'still to come'],
    [of('2026-11-30', { EUR: 9, JPY: 171 / 1.08 }, 'USD'), 'went from'],
  ])('%j: %s', (next, words) => {
    expect(() => refuseImplausible(next, before, limits)).toThrow(words);
  });

  it('are not those of another base, nor any of the first', () => {
    const inDollars = of('2026-11-30', { EUR: 1 / 1.1, JPY: 171 / 1.08 }, 'USD');
    expect(() => refuseImplausible(inDollars, before, limits)).not.toThrow();
    expect(() => refuseImplausible(of('2020-01-01', { USD: 9 }), undefined, limits)).not.toThrow();
  });

  it('are taken where somebody says so, but not of a day to come', () => {
    const meant = { ...limits, anyChange: true };
    expect(() => refuseImplausible(of('2026-11-30', { USD: 9 }), before, meant)).not.toThrow();
    expect(() => refuseImplausible(of('2027-11-30', { USD: 9 }), before, meant)).toThrow('to come');
  });
});
