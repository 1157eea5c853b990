import { newest } from '../memory/newest.ts';
import { converted } from '../domain/exchange-rates.ts';
import { invalid } from '../domain/errors.ts';
import { mapped } from '../domain/mapped.ts';
import type { MarketOfVisit } from '../domain/market-of-visit.ts';
import type { RankRequest } from '../domain/rank-request.ts';
import { shown } from '../domain/shown.ts';
import type { Market, Markets, Trade } from '../domain/trade.ts';
import { AskedPrices, unknownCurrency } from './asked-prices.ts';
import { currencyOf, inOneCurrency, isPrice } from './columns/in-one-currency.ts';
import type { Schema } from './schema.ts';

/** Markets have at most so many names in an error. */
const MOST_NAMED = 40;

/**
 * A request as it is ranked: of its market, with all amounts in the currency of the schema. `context.market` names the market, so that what is
 * learned of markets, reports and filters mean the same; where the catalogue has markets, a request that names none is one of the
 * default market.
 * @param trade of the snapshot that is ranked from; undefined: it has neither markets nor exchange rates.
 * @returns the request itself where there is nothing to do.
 * @throws ApiError 400 for a market that the catalogue does not have, a currency without exchange rate, and a currency of what is no price.
 */
export function requestInMarket(
  request: RankRequest,
  schema: Schema,
  trade: Trade | undefined,
): RankRequest {
  const markets = trade?.markets;
  const named = markets && marketOf(request, markets);
  const own = currencyOf(schema);
  const { currency: asked = named?.market.currency, amounts } = request;
  checkAmounts(amounts, schema);
  if (own === undefined && request.currency !== undefined)
    throw invalid(
      `currency: no column of schema ${schema.name} holds prices, so there is nothing to convert`,
    );
  const rates = trade?.rates;
  // Of a currency that the market stands for only amounts are refused: a request without any is ranked as ever.
  const given = request.currency ?? own;
  if (own !== undefined && given !== undefined && given !== own) {
    if (converted({ amount: 1, currency: given }, own, rates) === undefined)
      throw unknownCurrency('currency', given, own, rates);
  }
  const currency = asked === own ? undefined : asked;
  const prices = new AskedPrices(schema, { currency, rates });
  newest.prices = prices;
  const { preferences, filters, history, candidates, slateRules } = request;
  const { language = named?.market.language } = request;
  const now = {
    preferences: prices.preferences(preferences, 'preferences'),
    filters: filters && prices.filter(filters, 'filters'),
    history: history && prices.history(history),
    candidates:
      candidates && own !== undefined
        ? mapped(candidates, (item) => inOneCurrency(item, schema.columns, rates))
        : candidates,
    slateRules: slateRules && prices.rules(slateRules, 'slateRules'),
  };
  if (
    named === undefined &&
    asked === undefined &&
    now.preferences === preferences &&
    now.filters === filters &&
    now.history === history &&
    now.candidates === candidates &&
    now.slateRules === slateRules
  )
    return request;
  return {
    ...request,
    preferences: now.preferences,
    ...(now.filters && { filters: now.filters }),
    ...(now.history && { history: now.history }),
    ...(now.candidates && { candidates: now.candidates }),
    ...(now.slateRules && { slateRules: now.slateRules }),
    ...(named && { context: { ...request.context, market: named.name } }),
    ...(named && visitOf(named, markets)),
    ...(asked !== undefined && own !== undefined && { currency: asked }),
    ...(language !== undefined && { language }),
  };
}

interface Named {
  readonly name: string;
  readonly market: Market;
}

function marketOf({ context }: RankRequest, { default: chosen, markets }: Markets): Named {
  const name = Object.hasOwn(context, 'market') ? context.market : chosen;
  if (typeof name === 'string' && Object.hasOwn(markets, name))
    return { name, market: markets[name] };
  const names = Object.keys(markets);
  throw invalid(
    `context.market: there is no market ${shown(name)}: take one of ${names.slice(0, MOST_NAMED).join(', ')}${names.length > MOST_NAMED ? ', …' : ''}, or leave it out for ${chosen}`,
  );
}

function visitOf(
  { name, market: { prices } }: Named,
  { column, unlisted }: Markets,
): { market?: MarketOfVisit } {
  if (column === undefined && prices === undefined) return {};
  return {
    market: {
      name,
      ...(column !== undefined && { column }),
      ...(column !== undefined && unlisted === 'nowhere' && { unlisted }),
      ...(prices && { prices }),
    },
  };
}

function checkAmounts(amounts: readonly string[] | undefined, { name, columns }: Schema): void {
  if (amounts === undefined) return;
  const prices = columns.filter(isPrice).map((column) => column.name);
  const other = amounts.find((one) => !prices.includes(one));
  if (other === undefined) return;
  throw invalid(
    `amounts: "${other.slice(0, 80)}" is no column of prices of schema ${name}${prices.length === 0 ? ', which has none' : `: take one of ${prices.join(', ')}`}`,
  );
}

/** What a catalogue must have for its markets. @throws ApiError 400 where the schema lacks a column, or it is of another type. */
export function checkTrade({ name, columns }: Schema, { markets }: Trade): void {
  if (markets === undefined) return;
  const typeOf = (column: string) => columns.find((one) => one.name === column);
  const { column } = markets;
  if (column !== undefined && typeOf(column)?.type !== 'set')
    throw invalid(
      `markets.column: "${column}" must be a column of type set of schema ${name}, with the markets of each item`,
    );
  for (const [market, { prices = {} }] of Object.entries(markets.markets))
    for (const one of Object.entries(prices).flat()) {
      const spec = typeOf(one);
      if (spec === undefined || !isPrice(spec))
        throw invalid(
          `markets.${market}.prices: "${one}" must be a column of schema ${name} that holds prices: a number with a currency`,
        );
    }
}
