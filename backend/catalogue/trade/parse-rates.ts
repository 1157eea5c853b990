import { isCurrency } from '../../../shared/domain/currency.ts';
import { invalid } from '../../../shared/domain/errors.ts';
import { parseExchangeRates, type ExchangeRates } from '../../../shared/domain/exchange-rates.ts';
import { parseJson } from '../../table/parse-json.ts';

/**
 * Reads exchange rates as their sources write them: JSON `{base, date, rates: {USD: 1.08}}`, as many services answer, or the daily
 * reference rates of the European Central Bank (XML, base EUR).
 * @throws ApiError 400 saying what it is not.
 */
export function parseRatesFeed(text: string): ExchangeRates {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed.startsWith('{')) return fromJson(trimmed);
  if (trimmed.startsWith('<') && trimmed.includes('eurofxref')) return fromCentralBank(trimmed);
  throw invalid(
    'exchange rates are read from JSON {base, date, rates} and from the XML of the European Central Bank, and this is neither',
  );
}

function fromJson(text: string): ExchangeRates {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw invalid('the exchange rates are no JSON');
  }
  const { base, date, rates } = (value ?? {}) as Record<string, unknown>;
  return parseExchangeRates({ base, day: date, perBase: rates });
}

/** `<Cube time="2026-11-30"><Cube currency="USD" rate="1.0832"/>…`. */
function fromCentralBank(text: string): ExchangeRates {
  const day = /\btime=["'](\d{4}-\d{2}-\d{2})["']/.exec(text)?.[1];
  const found = [...text.matchAll(/\bcurrency=["']([A-Z]{3})["']\s+rate=["']([0-9.]+)["']/g)];
  const perBase = Object.fromEntries(
    found.filter(([, code]) => isCurrency(code)).map(([, code, rate]) => [code, Number(rate)]),
  );
  if (day === undefined || found.length === 0)
    throw invalid('the reference rates have no day, or no rates');
  return parseExchangeRates({ base: 'EUR', day, perBase });
}
