import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../shared/domain/base64url.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { transientHmac } from '../../../shared/hash/hmac.ts';
import { coldIsolate } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank, type RankAnswer } from '../support/rank.ts';

const schema = parseSchema({
  name: 'shirts',
  columns: [
    { name: 'price', type: 'number', currency: 'EUR' },
    { name: 'markets', type: 'set' },
  ],
  features: [{ name: 'price', kind: 'quantile', column: 'price', edges: [5, 10, 15] }],
  rules: { price: [0, 1, 2, 3, 4] },
});
const shirts = Array.from({ length: 20 }, (_, i) => ({
  id: `shirt-${i}`,
  attributes: { price: i + 1, markets: i % 2 === 0 ? ['DE', 'CH'] : ['DE'] },
}));
const trade = {
  rates: { base: 'EUR', perBase: { CHF: 0.95, USD: 1.25 }, day: '2026-11-30' },
  markets: {
    default: 'DE',
    column: 'markets',
    markets: { DE: { currency: 'EUR' }, CH: { currency: 'CHF' } },
  },
};

beforeAll(async () => {
  await publishItems(shirts as never, schema, {}, trade);
  await publishScorer('v000001', { schema });
});
afterEach(() => vi.restoreAllMocks());

const ids = ({ items }: RankAnswer) => items.map(({ id }) => id);
const body = {
  sessionId: 'pages',
  limit: 4,
  context: { market: 'DE' },
  currency: 'EUR',
  language: 'de',
  amounts: ['price'],
  filters: { column: 'price', to: 18 },
};

it('pages go on for the same request, and for no other market, currency, language, amounts or filters', async () => {
  const isolate = coldIsolate();
  const first = await rank(isolate, { ...body, paging: true });
  expect(first).toMatchObject({ status: 200, market: 'DE' });
  const others = {
    'context.market': { context: { market: 'CH' } },
    currency: { currency: 'USD' },
    language: { language: 'fr' },
    amounts: { amounts: undefined },
    filters: { filters: { column: 'price', to: 17 } },
  };
  for (const [field, other] of Object.entries(others))
    expect(await rank(isolate, { ...body, ...other, cursor: first.cursor })).toMatchObject({
      status: 400,
      code: 'invalid_cursor',
      message: expect.stringContaining(`other ${field}:`),
    });
  const second = await rank(isolate, {
    ...body,
    // A visitor goes on while they scroll, and the default market may be named or not.
    context: { device: 'phone' },
    recent: [{ itemId: ids(first)[0], type: 'click', at: new Date().toISOString() }],
    cursor: first.cursor,
  });
  expect(second.status).toBe(200);
  const third = await rank(isolate, { ...body, cursor: second.cursor });
  expect(new Set([first, second, third].flatMap(ids)).size).toBe(12);
  expect(
    await rank(isolate, { ...body, context: { market: 'CH' }, cursor: second.cursor }),
  ).toMatchObject({ status: 400, code: 'invalid_cursor' });
});

it('the cursor of a Worker of before, which says nothing of the list, is answered, and the next one says it', async () => {
  const isolate = coldIsolate();
  const shown = ['shirt-17', 'shirt-16'];
  const of = crypto.randomUUID();
  const fields = [1, of, DEFAULT_PLACEMENT, 7, Date.now() + 60_000, ...shown];
  const text = toBase64Url(new TextEncoder().encode(JSON.stringify(fields)));
  const signature = toBase64Url(
    transientHmac('cursor token-secret-of-the-tests', `${text}\0pages`),
  );
  const page = await rank(isolate, { ...body, cursor: `${text}.${signature}` });
  expect(page).toMatchObject({ status: 200, page: { offset: 2, of } });
  expect(ids(page).filter((id) => shown.includes(id))).toEqual([]);
  expect(await rank(isolate, { ...body, cursor: page.cursor })).toMatchObject({ status: 200 });
  expect(await rank(isolate, { ...body, filters: undefined, cursor: page.cursor })).toMatchObject({
    status: 400,
    message: expect.stringContaining('other filters:'),
  });
});
