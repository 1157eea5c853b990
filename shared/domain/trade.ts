import { isCurrency, type Currency } from './currency.ts';
import { invalid } from './errors.ts';
import { parseExchangeRates, type ExchangeRates } from './exchange-rates.ts';
import { parseLanguage, type Language } from './language.ts';
import { shown } from './shown.ts';

/** What naming a market in a request stands for. */
export interface Market {
  /** Of amounts in requests that name none, and of those in answers. */
  readonly currency?: Currency;
  /** Of reasons, where a request names none. */
  readonly language?: Language;
  /** Of a column of prices the column that holds this market's own: it counts where an item has one. */
  readonly prices?: Readonly<Record<string, string>>;
}

export interface Markets {
  /** The one of requests that name none. */
  readonly default: string;
  /** A column of type set with the markets that an item is shown in; absent: all items are shown in all of them. */
  readonly column?: string;
  /** Where items are shown that list no market; default `everywhere`. */
  readonly unlisted?: 'everywhere' | 'nowhere';
  readonly markets: Readonly<Record<string, Market>>;
}

/** In which markets and currencies a catalogue is sold. It is published as a part of the snapshot, so that a logged ranking can be explained later. */
export interface Trade {
  readonly rates?: ExchangeRates;
  readonly markets?: Markets;
}

/** Names of markets, as `context.market` has them. Objects list names of digits alone first, whichever was written first. */
const NAME = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const MOST_MARKETS = 200;

const isColumn = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 256;

/** @throws ApiError 400 naming the market and the field. */
export function parseMarkets(value: unknown): Markets {
  const raw = objectOf(value, 'markets', ['default', 'column', 'unlisted', 'markets']);
  const entries = Object.entries(objectOf(raw.markets, 'markets'));
  if (entries.length === 0 || entries.length > MOST_MARKETS)
    throw invalid(`there must be 1 to ${MOST_MARKETS} markets, but were ${entries.length}`);
  const markets = entries
    .map(([name, market]): [string, Market] => {
      if (!NAME.test(name))
        throw invalid(
          `a market is named by letters, digits, "-" and "_", 32 at most and not digits alone, and one was ${shown(name)}`,
        );
      return [name, marketOf(market, `market ${name}`)];
    })
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { default: chosen, column, unlisted } = raw;
  if (typeof chosen !== 'string' || !markets.some(([name]) => name === chosen))
    throw invalid(`the default market must be one of them, but was ${shown(chosen)}`);
  if (column !== undefined && !isColumn(column))
    throw invalid(`column of markets must be the name of a column, but was ${shown(column)}`);
  if (unlisted !== undefined && unlisted !== 'everywhere' && unlisted !== 'nowhere')
    throw invalid(`unlisted must be everywhere or nowhere, but was ${shown(unlisted)}`);
  return {
    default: chosen,
    ...(column !== undefined && { column }),
    ...(unlisted !== undefined && { unlisted }),
    markets: Object.fromEntries(markets),
  };
}

function marketOf(value: unknown, what: string): Market {
  const { currency, language, prices } = objectOf(value, what, ['currency', 'language', 'prices']);
  if (currency !== undefined && !isCurrency(currency))
    throw invalid(`currency of ${what} must be a code such as EUR, but was ${shown(currency)}`);
  const lists = prices === undefined ? [] : Object.entries(objectOf(prices, `prices of ${what}`));
  const wrong = lists.find(([column, own]) => !isColumn(column) || !isColumn(own));
  if (wrong !== undefined)
    throw invalid(`prices of ${what} must name columns by columns, but had ${shown(wrong)}`);
  return {
    ...(currency !== undefined && { currency }),
    ...(language !== undefined && { language: parseLanguage(language, `language of ${what}`) }),
    ...(lists.length > 0 && { prices: Object.fromEntries(lists) as Record<string, string> }),
  };
}

/** @throws ApiError 400 naming what is wrong. */
export function parseTrade(value: unknown): Trade {
  const { rates, markets } = objectOf(value, 'trade');
  return {
    ...(rates !== undefined && { rates: parseExchangeRates(rates) }),
    ...(markets !== undefined && { markets: parseMarkets(markets) }),
  };
}

function objectOf(
  value: unknown,
  what: string,
  fields?: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${what} must be an object, but was ${shown(value)}`);
  const other = fields && Object.keys(value).find((name) => !fields.includes(name));
  if (other !== undefined) throw invalid(`${what} has no field "${other.slice(0, 64)}"`);
  return value as Record<string, unknown>;
}
