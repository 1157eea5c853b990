import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseItem } from '../../../shared/domain/item.ts';
import { parseLoggedRequest } from '../../../shared/domain/logged-request.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { parseTrade, type Trade } from '../../../shared/domain/trade.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import { inOneCurrency } from '../../../shared/features/columns/in-one-currency.ts';
import { codesOf, encodeRequest } from '../../../shared/features/encode.ts';
import { checkTrade, requestInMarket } from '../../../shared/features/in-market.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { candidateTable } from '../../../shared/score/candidate-table.ts';
import { allowedRows } from '../../../shared/score/filter/allowed-rows.ts';
import { filterReport } from '../../../shared/score/filter/filter-report.ts';
import { hasRow } from '../../../shared/score/filter/row-bits.ts';
import { compileRules } from '../../../shared/score/slate-rules/compile-rules.ts';
import { parseGivenSchema } from '../../../shared/score/slate-rules/check-rules.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';

const NOW_MS = Date.UTC(2026, 10, 30);
const schemaIn = (currency: string) =>
  parseSchema({
    name: 'shop',
    columns: [
      { name: 'price', type: 'number', currency, currencyFrom: 'currency' },
      { name: 'price_us', type: 'number', currency, currencyFrom: 'currency' },
      { name: 'markets', type: 'set' },
    ],
    features: [
      {
        name: 'budget',
        kind: 'price-to-budget',
        column: 'price',
        preference: 'budget',
        overPercent: [0, 10, 25],
      },
      {
        name: 'near',
        kind: 'range-distance',
        column: 'price',
        preference: 'near',
        within: [0, 1e9],
      },
    ],
    rules: { budget: [0, 12, 5, 2, -3], near: [0, 1, 0] },
  });
const schema = schemaIn('EUR');

const tradeOf = (USD: number, more: object = {}): Trade =>
  parseTrade({
    rates: { base: 'EUR', day: '2026-11-30', perBase: { USD, JPY: 171.29 } },
    markets: {
      default: 'DE',
      column: 'markets',
      markets: { DE: { currency: 'EUR', language: 'de' }, US: { currency: 'USD' }, JP: {} },
      ...more,
    },
  });

const trade = tradeOf(1.0832);
const asked = (body: object) =>
  requestInMarket(parseRankRequest({ sessionId: 's', ...body }), schema, trade);

describe('prices in several currencies', () => {
  const cents = fc.integer({ min: 1, max: 10_000_00 }).map((n) => n / 100);
  const rate = fc.integer({ min: 10_000, max: 100_000_000 }).map((n) => n / 1_000_000);

  it('are filtered and bucketed in one as they are in the other', () => {
    fc.assert(
      fc.property(
        fc.array(cents, { minLength: 1, maxLength: 40 }),
        rate,
        cents,
        fc.nat(),
        (prices, USD, other, nth) => {
          const own = tradeOf(USD);
          // Half of the bounds are prices themselves, where rounding would show.
          const bound = nth % 2 === 0 ? prices[nth % prices.length] : other;
          const items = prices.map((price, i) =>
            parseItem({ id: `i${i}`, price, currency: 'USD' }),
          );
          const request = {
            sessionId: 's',
            limit: 100,
            preferences: { budget: bound, near: { max: bound } },
            filters: { column: 'price', to: bound },
          };
          const read = (name: string, rates: Trade | undefined, body: object) => {
            const of = schemaIn(name);
            const table = rankable(
              catalogueTable(
                of,
                items.map((item) => inOneCurrency(item, of.columns, rates?.rates)),
              ),
            );
            const ranked = requestInMarket(parseRankRequest(body), of, rates);
            const { bits } = allowedRows(table, ranked)!;
            const encoded = encodeRequest(of, table.table, table.rows, ranked, NOW_MS);
            return items.map(({ id }) => {
              const row = table.rows.get(id)!;
              return [hasRow(bits, row), ...codesOf(encoded, [row])];
            });
          };
          const inDollars = read('USD', undefined, request);
          const inEuros = read('EUR', own, {
            ...request,
            currency: 'USD',
            context: { market: 'US' },
          });
          expect(inEuros).toEqual(inDollars);
          const named = {
            ...request,
            preferences: {
              budget: { amount: bound, currency: 'USD' },
              near: { max: bound, currency: 'USD' },
            },
            filters: { column: 'price', to: bound, currency: 'USD' },
          };
          expect(read('EUR', own, named)).toEqual(inDollars);
        },
      ),
    );
  });

  it('come as texts, as objects, or with the currency beside them', () => {
    const priceOf = (item: object) =>
      inOneCurrency(parseItem({ id: 'a', ...item }), schema.columns, trade.rates).attributes;
    expect(priceOf({ price: '129 USD' })).toEqual({ price: 119.091581 });
    expect(priceOf({ price: { amount: 129, currency: 'USD' } })).toEqual({ price: 119.091581 });
    expect(priceOf({ price: 129, currency: 'USD' })).toEqual({ price: 119.091581 });
    expect(priceOf({ price: '129 EUR', currency: 'USD' })).toEqual({ price: 129 });
    expect(priceOf({ price: 129 })).toEqual({ price: 129 });
    const lost: string[] = [];
    const item = parseItem({ id: 'a', price: 129, currency: 'GBP' });
    expect(
      inOneCurrency(item, schema.columns, trade.rates, (why) => lost.push(why)).attributes,
    ).toEqual({});
    expect(lost).toHaveLength(1);
    expect(() => inOneCurrency(item, schema.columns, trade.rates)).toThrow('exchange rate to EUR');
    expect(() => priceOf({ price: 129, currency: 'Euro' })).toThrow('code of a currency');
    expect(() => catalogueTable(schema, [item])).toThrow('no exchange rate of GBP');
  });
});

describe('a request in its market', () => {
  it('has its amounts in the currency of the schema, and what its market stands for', () => {
    expect(asked({ preferences: { budget: 108.32 }, context: { market: 'US' } })).toMatchObject({
      preferences: { budget: 100 },
      currency: 'USD',
      market: { name: 'US', column: 'markets' },
    });
    expect(asked({ preferences: { budget: 100 } })).toMatchObject({
      preferences: { budget: 100 },
      context: { market: 'DE' },
      language: 'de',
    });
    expect(
      asked({
        consent: 'personalise',
        recent: { items: [], searches: [{ preferences: { budget: 108.32 }, agoHours: 1 }] },
        currency: 'USD',
      }).history?.searches[0].preferences,
    ).toEqual({ budget: 100 });
  });

  it.each([
    [{ context: { market: 'FR' } }, 'no market "FR"'],
    [{ context: { market: 'constructor' } }, 'no market "constructor"'],
    [{ context: { market: 1 } }, 'no market 1'],
    [{ currency: 'GBP' }, 'no exchange rate of GBP to EUR: take one of EUR, JPY, USD'],
    [{ currency: 'usd' }, 'three capital letters'],
    [{ currency: 7 }, 'three capital letters'],
    [{ preferences: { budget: { amount: 1, currency: 'GBP' } } }, 'preferences.budget.currency'],
    [{ preferences: { other: { amount: 1, currency: 'USD' } } }, 'none of prices'],
    [{ preferences: { other: { max: 1, currency: 'USD' } } }, 'none of prices'],
    [{ preferences: { budget: { amount: 1, currency: 'Euro' } } }, 'preferences.budget'],
    [{ preferences: { budget: { amount: '1', currency: 'EUR' } } }, 'preferences.budget'],
    [
      { filters: { all: [{ column: 'price', to: 1, currency: 'GBP' }] } },
      'filters.all[0].currency',
    ],
    [{ filters: { column: 'markets', in: ['DE'], currency: 'EUR' } }, 'none of prices'],
    [{ filters: { column: 'price', known: true, currency: 'EUR' } }, 'currency'],
    [{ language: '' }, 'language'],
    [{ language: 'not a tag' }, 'language'],
    [{ language: 'x'.repeat(36) }, 'language'],
    [{ amounts: [] }, 'amounts'],
    [{ amounts: 'price' }, 'amounts'],
    [{ amounts: ['markets'] }, 'no column of prices'],
    [{ amounts: ['constructor'] }, 'no column of prices'],
    [{ candidates: [{ id: 'a', price: '1 GBP' }] }, 'exchange rate to EUR'],
  ])('%j is refused in words', (body, words) => {
    expect(() => asked(body)).toThrow(words);
  });

  it('is ranked where its market stands for a currency without a rate, unless it has amounts', () => {
    const lost = tradeOf(1, { markets: { DE: {}, FR: { currency: 'GBP' } } });
    const french = (body: object) =>
      requestInMarket(
        parseRankRequest({ sessionId: 's', context: { market: 'FR' }, ...body }),
        schema,
        lost,
      );
    const unpriced = { filters: { column: 'markets', in: ['FR'] }, amounts: ['price'] };
    expect(french(unpriced)).toMatchObject({ market: { name: 'FR' }, ...unpriced });
    for (const body of [
      { preferences: { budget: 100 } },
      { filters: { column: 'price', to: 100 } },
      { currency: 'GBP' },
    ])
      expect(() => french(body)).toThrow('no exchange rate of GBP to EUR');
    // Who says in which currency their amounts are needs none of the market's.
    expect(french({ preferences: { budget: 100 }, currency: 'EUR' }).preferences).toEqual({
      budget: 100,
    });
  });

  it('is ranked without what a browser remembers in a currency that has no rate, or of what is no price', () => {
    const searches = [
      {
        preferences: {
          budget: { amount: 1, currency: 'GBP' },
          near: { max: 108.32, currency: 'USD' },
          other: { max: 1, currency: 'USD' },
          themes: ['hiking'],
        },
        agoHours: 1,
      },
    ];
    const body = { consent: 'personalise', recent: { items: [], searches } };
    const remembered = (request: ReturnType<typeof asked>) =>
      request.history?.searches.map(({ preferences }) => preferences);
    expect(remembered(asked(body))).toEqual([{ near: { max: 100 }, themes: ['hiking'] }]);
    const priceless = parseSchema({
      name: 'articles',
      columns: [{ name: 'type', type: 'category' }],
      features: [{ name: 'base', kind: 'constant' }],
      rules: {},
    });
    const request = parseRankRequest({ sessionId: 's', ...body });
    for (const sold of [undefined, parseTrade({ markets: { default: 'DE', markets: { DE: {} } } })])
      expect(remembered(requestInMarket(request, priceless, sold))).toEqual([
        { themes: ['hiking'] },
      ]);
  });

  it('has the conditions of its slate rules in the currency of the schema', () => {
    const where = { column: 'price', to: 100 };
    const rulesIn = (body: object, own?: Trade) =>
      requestInMarket(parseRankRequest({ sessionId: 's', ...body }), schema, own).slateRules;
    const now = { quotas: [{ where: { column: 'price', to: 50 }, least: 1, within: 2 }] };
    const quotas = [{ where, least: 1, within: 2 }];
    expect(rulesIn({ currency: 'USD', slateRules: { quotas } }, tradeOf(2))).toEqual(now);
    const boosts = [{ where: { ...where, currency: 'USD' }, points: 3 }];
    expect(rulesIn({ slateRules: { boosts } }, tradeOf(2))).toEqual({
      boosts: [{ where: { column: 'price', to: 50 }, points: 3 }],
    });
    expect(() => rulesIn({ slateRules: { boosts } })).toThrow(
      'slateRules.boosts[0].where.currency: there is no exchange rate of USD',
    );
    const ofNoPrice = [{ where: { column: 'markets', in: ['US'], currency: 'USD' }, points: 3 }];
    expect(() => rulesIn({ slateRules: { boosts: ofNoPrice } })).toThrow('none of prices');
    // What stands whatever the rates are has none to be converted by.
    const given = { ...JSON.parse(JSON.stringify(schema)), slateRules: { '*': { boosts } } };
    expect(() => parseGivenSchema(given)).toThrow('no exchange rate of USD');
  });

  it('is itself where nothing is asked for, and the catalogue has neither markets nor rates', () => {
    const request = parseRankRequest({
      sessionId: 's',
      preferences: { budget: 100 },
      filters: { all: [{ column: 'price', to: 7 }, { not: { column: 'price', in: [3] } }] },
      candidates: ['a', { id: 'b', price: 3 }],
      context: { market: 'FR' },
    });
    expect(requestInMarket(request, schema, undefined)).toBe(request);
  });

  it('refuses markets that the schema has no columns for', () => {
    const without = parseSchema({
      ...JSON.parse(JSON.stringify(schema)),
      columns: schema.columns.slice(0, 2),
    });
    expect(() => checkTrade(without, trade)).toThrow('"markets" must be a column of type set');
    const lists = { markets: { DE: { prices: { price: 'markets' } } } };
    expect(() => checkTrade(schema, tradeOf(1, lists))).toThrow('holds prices');
  });
});

describe('catalogues and prices by market', () => {
  const weights = additiveFromPoints(schema, schema.rules, {
    version: 'v000001' as never,
    name: 'rules',
  });
  const listed = fc.subarray(['DE', 'US', 'JP', 'AT']);
  const maybe = fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined });
  const item = fc.record({ price: maybe, price_us: maybe, markets: listed });
  const clean = (id: string, value: object) =>
    parseItem({
      id,
      ...Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)),
    });

  it('rank what a catalogue of that market alone would, in its prices, and are drawn again from the log', () => {
    const prices = { US: { currency: 'USD', prices: { price: 'price_us' } }, DE: {} };
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 1, maxLength: 60 }),
        fc.constantFrom('everywhere', 'nowhere'),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        (given, unlisted, budget, seed) => {
          const own = tradeOf(1, { markets: prices, unlisted });
          // Enough that rows lie in blocks.
          const all = Array.from({ length: 1300 }, (_, i) => given[i % given.length]);
          const items = all.map((one, i) => clean(`i${i}`, one));
          const bytes = snapshotToBytes(schema, catalogueTable(schema, items), own);
          const { table, blocks, trade: read } = snapshotFromBytes(bytes);
          expect(read).toEqual(own);
          const body = {
            sessionId: 's',
            limit: 8,
            explain: true,
            context: { market: 'US' },
            preferences: { budget },
            filters: { column: 'price', to: budget * 2 },
          };
          const request = requestInMarket(parseRankRequest(body), schema, read);
          const options = {
            limit: 8,
            seed,
            nowMs: NOW_MS,
            exploration: { temperature: 2, epsilon: 0.1, poolSize: 20 },
          };
          const whole = rankable(table, blocks);
          const slate = rankSlate(weights, whole, request, options);
          const here = items.filter(
            (_, i) =>
              all[i].markets.includes('US') ||
              (unlisted === 'everywhere' && all[i].markets.length === 0),
          );
          const replaced = items.map(({ id, attributes }) => ({
            id,
            attributes: { ...attributes, price: attributes.price_us ?? attributes.price },
          }));
          const shown = new Set(here.map(({ id }) => id));
          const plain = parseRankRequest(body);
          const alone = rankable(
            catalogueTable(
              schema,
              replaced.filter(({ id }) => shown.has(id)),
            ),
          );
          const expected = rankSlate(weights, alone, plain, options);
          expect(slate.ids.length).toBe(expected.ids.length);
          const rising = (a: number, b: number) => a - b;
          expect(slate.units.toSorted(rising)).toEqual(expected.units.toSorted(rising));
          expect(slate.ids.every((id) => shown.has(id))).toBe(true);
          expect(allowedRows(whole, request)!.count).toBe(allowedRows(alone, plain)!.count);
          const removed = filterReport(whole, request, [], NOW_MS)!.removed.find(
            ({ path }) => path === 'market',
          );
          expect(removed?.removed).toBe(items.length - here.length);
          const { preferences, context, recent, filters, market } = request;
          const logged = parseLoggedRequest(
            JSON.parse(JSON.stringify({ preferences, context, recent, filters, market })),
          );
          expect(rankSlate(weights, rankable(table, blocks), logged, options)).toEqual(slate);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are those that conditions of slate rules read', () => {
    const own = tradeOf(1, { markets: { DE: {}, US: { prices: { price: 'price_us' } } } });
    const items = [
      { id: 'a', price: 90, price_us: 10 },
      { id: 'b', price: 10, price_us: 90 },
      { id: 'c', price: 20 },
    ];
    const whole = rankable(catalogueTable(schema, items.map(parseItem)));
    const raised = (market: string) => {
      const request = requestInMarket(
        parseRankRequest({
          sessionId: 's',
          context: { market },
          slateRules: { boosts: [{ where: { column: 'price', to: 50 }, points: 1 }] },
        }),
        schema,
        own,
      );
      const [{ bits }] = compileRules(whole, request, 3)!.boosts;
      return items.flatMap(({ id }) => (hasRow(bits, whole.rows.get(id as never)!) ? [id] : []));
    };
    expect([raised('DE'), raised('US')]).toEqual([
      ['b', 'c'],
      ['a', 'c'],
    ]);
  });

  it('hold for candidates, in whatever currency they come', () => {
    const own = tradeOf(2);
    const request = requestInMarket(
      parseRankRequest({
        sessionId: 's',
        context: { market: 'US' },
        preferences: { budget: 100 },
        candidates: [
          { id: 'a', price: '99 USD' },
          { id: 'b', price: 51 },
          { id: 'c', price: 1, markets: ['DE'] },
        ],
      }),
      schema,
      own,
    );
    const table = candidateTable(schema, request.candidates!, undefined);
    const slate = rankSlate(weights, table, request, {
      limit: 3,
      seed: 1,
      nowMs: NOW_MS,
      exploration: { temperature: 0, epsilon: 0, poolSize: 3 },
    });
    // 99 dollars are 49.5 euros, and within the budget of 50; 51 euros are over it.
    expect(slate.ids).toEqual(['a', 'b']);
  });
});
