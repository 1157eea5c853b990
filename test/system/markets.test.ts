import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, putItems, rank } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Prices in several currencies, three markets, and reasons in two languages. */
const SCHEMA = {
  name: 'shop',
  columns: [
    { name: 'price', type: 'number', currency: 'EUR', currencyFrom: 'currency' },
    { name: 'price_us', type: 'number', currency: 'EUR', currencyFrom: 'currency_us' },
    { name: 'markets', type: 'set' },
  ],
  features: [
    {
      name: 'budget',
      kind: 'price-to-budget',
      column: 'price',
      preference: 'budget',
      overPercent: [0, 10],
    },
    { name: 'level', kind: 'quantile', column: 'price', edges: [50, 100] },
  ],
  rules: { budget: [0, 20, 5, -5], level: [0, 3, 2, 1] },
  texts: {
    de: {
      features: { budget: 'Budget', level: 'Preis' },
      labels: { 'within budget': 'im Budget', 'up to {}': 'bis {1}', '{} to {}': '{1} bis {2}' },
    },
  },
};

const ITEMS = [
  { id: 'euro', price: 90 },
  { id: 'dollar', price: '150 USD' },
  { id: 'franc', price: 57, currency: 'CHF' },
  { id: 'us-only', price: 10, markets: ['US'] },
  { id: 'both', price: 80, price_us: 60, currency_us: 'USD', markets: ['US', 'DE'] },
];

let system: System;
let folder: string;
let file: string;

const rates = (date: string, USD: number) =>
  writeFile(file, JSON.stringify({ base: 'EUR', date, rates: { USD, CHF: 0.95 } }));
const today = new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-rates-'));
  file = join(folder, 'rates.json');
  await rates(today, 2);
  system = await startSystem({
    schema: SCHEMA,
    edgeEnv: { SHIP_INTERVAL_MS: '200', REFRESH_MS: '200' },
    config: {
      catalogue: { markets: { column: 'markets' } },
      markets: {
        DE: { currency: 'EUR', language: 'de' },
        US: { currency: 'USD', language: 'en', prices: { price: 'price_us' } },
      },
      exchangeRates: { file },
    },
  });
  await until('exchange rates are in force', async () => {
    const { rates: now } = await call<{ rates: unknown }>(system, 'GET', '/v1/markets');
    return now !== null;
  });
  await putItems(system, ITEMS);
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

const inEuros = (amount: number) =>
  new Intl.NumberFormat('de-AT', {
    style: 'currency',
    currency: 'EUR',
    trailingZeroDisplay: 'stripIfInteger',
  }).format(amount);

interface Answered {
  readonly id: string;
  readonly amounts: Record<string, { amount: number; currency: string; text: string }>;
  readonly reasons: { feature: string; because: string; text?: object }[];
}

it('ranks each market by its items, prices, currency and language, and draws it again from the log', async () => {
  const ask = (body: object) =>
    rank(system, { sessionId: 'a', explain: true, amounts: ['price'], limit: 10, ...body });
  const itemsOf = async (body: object) =>
    new Map(
      ((await ask(body)).items as unknown as Answered[]).map((item) => [
        item.id,
        item.amounts.price.amount,
      ]),
    );
  await until('the edge has the items', async () => (await ask({})).items.length === 4);
  const german = await ask({});
  expect(german).toMatchObject({ market: 'DE', language: 'de' });
  expect(german.filters).toMatchObject({ removed: [{ path: 'market', removed: 1, alone: 1 }] });
  expect(await itemsOf({})).toEqual(
    new Map([
      ['euro', 90],
      ['dollar', 75],
      ['franc', 60],
      ['both', 80],
    ]),
  );
  const us = { context: { market: 'US' } };
  const inDollars = new Map([
    ['euro', 180],
    ['dollar', 150],
    ['franc', 120],
    ['both', 60],
    ['us-only', 20],
  ]);
  expect(await itemsOf(us)).toEqual(inDollars);
  const budget = await ask({
    ...us,
    preferences: { budget: 150 },
    filters: { column: 'price', to: 150 },
  });
  expect(budget).toMatchObject({ market: 'US', language: 'en' });
  expect(budget.items.map(({ id }) => id).toSorted()).toEqual([
    'both',
    'dollar',
    'franc',
    'us-only',
  ]);
  const dollar = (budget.items as unknown as Answered[]).find(({ id }) => id === 'dollar')!;
  expect(dollar.amounts.price).toEqual({ amount: 150, currency: 'USD', text: '$150' });
  expect(dollar.reasons).toContainEqual(
    expect.objectContaining({
      feature: 'level',
      because: '50 to 100',
      text: { feature: 'level', because: '$100 to $200' },
    }),
  );
  const spoken = await ask({ language: 'de-AT', preferences: { budget: 90 } });
  const euro = (spoken.items as unknown as Answered[]).find(({ id }) => id === 'euro')!;
  expect(euro.reasons.map(({ text }) => text)).toEqual([
    { feature: 'Budget', because: 'im Budget' },
    { feature: 'Preis', because: `${inEuros(50)} bis ${inEuros(100)}` },
  ]);
  // The same wish, with its currency beside it.
  const wished = await ask({ preferences: { budget: { amount: 150, currency: 'USD' } } });
  const plain = await ask({ preferences: { budget: 75 } });
  const scores = ({ items }: typeof wished) => items.map(({ id, score }) => `${id} ${score}`);
  expect(scores(wished).toSorted()).toEqual(scores(plain).toSorted());
  for (const [body, words] of [
    [{ currency: 'GBP' }, 'no exchange rate of GBP'],
    [{ context: { market: 'FR' } }, 'no market'],
  ] as const) {
    const refused = await system.edge.ask('/v1/rank', {
      key: system.keys.publishableKey,
      body: { sessionId: 'a', ...body },
    });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(words)]);
  }

  // A jump is refused with an alert; one that is meant is taken, and the catalogue follows.
  await rates(today, 20);
  const read = (body: object) =>
    system.backend.ask('/v1/exchange-rates/read', { key: system.keys.secretKey, body });
  expect((await read({})).status).toBe(422);
  const { alerts } = await call<{ alerts: { kind: string }[] }>(system, 'GET', '/v1/alerts');
  expect(alerts.map(({ kind }) => kind)).toContain('exchange rates');
  expect((await read({ anyChange: true })).status).toBe(200);
  await until('prices follow the rates', async () => (await itemsOf({})).get('dollar') === 7.5);

  // What was ranked by the old rates is explained by the snapshot that has them.
  for (const { rankingId } of [german, budget, wished]) {
    const past = await until(`${rankingId} is logged`, async () => {
      const answer = await system.backend.ask(`/v1/rankings/${rankingId}`, {
        key: system.keys.secretKey,
      });
      return answer.status === 200 && answer.json<{ rebuilt: { kind: string } }>();
    });
    expect(past.rebuilt).toMatchObject({ kind: 'same' });
  }
  const split = await call<{ groups: { group: string }[] }>(
    system,
    'GET',
    // More than today, which may have ended meanwhile.
    '/v1/business?days=2&by=market',
  );
  expect(split.groups.map(({ group }) => group).toSorted()).toEqual(['DE', 'US']);
});
