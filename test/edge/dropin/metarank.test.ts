import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import {
  articles,
  METARANK_FEEDBACK,
  METARANK_ITEM,
  METARANK_PURCHASE,
  METARANK_RANK,
  METARANK_SHOWN,
  METARANK_USER,
} from '../support/articles.ts';
import { fakeBackend, shipAll, type FakeBackend } from '../support/backend.ts';
import { publishScorer } from '../support/publish.ts';

let isolate: Isolate;
let backend: FakeBackend;
beforeAll(() => publishScorer('v000001', { schema: articles }));
beforeEach(async () => {
  isolate = coldIsolate({ DROP_IN: 'metarank' });
  backend = fakeBackend();
  await shipAll();
  backend.sent.length = 0;
});
afterEach(() => vi.restoreAllMocks());

const post = async (path: string, body: unknown, key = SECRET) => {
  const response = await isolate.fetch(path, { key, body });
  return { status: response.status, body: await response.json<Record<string, unknown>>() };
};
/** Stands for an object that can be read, and is nested deeper than can be written. */
const DEEP = 'nested';
const NESTED = '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000);
const logged = async () => {
  await shipAll();
  return {
    decisions: backend.sent.flatMap(({ decisions }) => decisions),
    events: backend.sent.flatMap((batch) => batch.events),
  };
};

it('the documented requests are answered as documented, and what comes of them is logged', async () => {
  const ranked = await post('/rank/xgboost', METARANK_RANK);
  // All score alike, so they stay in the order given.
  expect(ranked).toEqual({
    status: 200,
    body: {
      took: expect.any(Number),
      items: ['item3', 'item1', 'item2'].map((item) => ({ item, score: 0 })),
    },
  });
  const shown = await post('/feedback', METARANK_SHOWN);
  const ok = {
    status: 200,
    body: { accepted: 1, status: 'ok', tookMillis: expect.any(Number), updated: 0 },
  };
  expect(shown).toEqual(ok);
  expect(await post('/feedback', METARANK_PURCHASE)).toEqual(ok);
  const { decisions, events } = await logged();
  expect(decisions).toMatchObject([
    {
      itemIds: ['item3', 'item1', 'item2'],
      propensities: [1, 1, 1],
      context: { placement: 'xgboost' },
      userId: expect.any(String),
    },
  ]);
  expect(JSON.parse(decisions[0].request)).toMatchObject({
    context: { query: 'jeans', source: 'search' },
    candidates: [{ id: 'item3', relevancy: 2 }, {}, {}],
  });
  expect(events.map(({ type, itemId, position }) => [type, itemId, position])).toEqual([
    ['impression', 'item3', 1],
    ['impression', 'item1', 2],
    ['impression', 'item2', 3],
    ['booking', 'item1', undefined],
  ]);
  for (const { rankingId, timestamp, receivedAt } of events) {
    expect(rankingId).toBe(decisions[0].rankingId);
    // Its clock stands at 2020: nothing is done with a ranking before there is one.
    expect(timestamp).toBe(receivedAt);
  }
  expect(events[3].properties).toEqual({ count: 1, shipping: 'DHL' });
});

it('the documented example of feedback is taken once its ranking was asked for', async () => {
  const unknown = await post('/feedback', METARANK_FEEDBACK);
  expect(unknown).toMatchObject({ status: 400, body: { code: 'unknown_ranking' } });
  const { event: _, ...asked } = METARANK_FEEDBACK;
  expect((await post('/rank/default', asked)).status).toBe(200);
  expect(await post('/feedback', METARANK_FEEDBACK)).toMatchObject({
    status: 200,
    body: { accepted: 1, status: 'ok' },
  });
  expect((await logged()).events).toHaveLength(METARANK_FEEDBACK.items.length);
});

it('items go to the backend with the caller’s key: known ones are changed, others added', async () => {
  const asked: { method: string; body: unknown; key: string | null }[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    expect(request.url).toBe('http://backend.test/v1/items');
    const body = await request.json();
    asked.push({ method: request.method, body, key: request.headers.get('authorization') });
    return Response.json(request.method === 'PATCH' ? { changed: 0, unknown: ['item1'] } : {});
  });
  const answer = await post('/feedback', [METARANK_ITEM, METARANK_USER]);
  const item = {
    id: 'item1',
    title: 'You favourite cat',
    color: ['white', 'black'],
    is_cute: true,
  };
  expect(asked).toEqual(
    ['PATCH', 'PUT'].map((method) => ({ method, body: [item], key: `Bearer ${SECRET}` })),
  );
  expect(answer).toMatchObject({
    status: 200,
    body: {
      accepted: 1,
      status: 'partial',
      rejected: [{ index: 1, code: 'unsupported_event' }],
    },
  });
});

it('where the backend is away or refuses, the items are refused by its reason', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no route'));
  expect(await post('/feedback', METARANK_ITEM)).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
  });
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(
    Response.json({ code: 'scope', message: 'the key is for rank' }, { status: 403 }),
  );
  expect(await post('/feedback', METARANK_ITEM)).toMatchObject({
    status: 400,
    body: { code: 'scope' },
  });
});

it('what a client leaves out may be null', async () => {
  const none = { user: null, session: null, fields: null };
  const items = [{ id: 'a', label: null, relevancy: null, fields: null }];
  const ranked = await post('/rank/x', { ...METARANK_RANK, ...none, id: 'nulls', items });
  expect(ranked).toMatchObject({ status: 200, body: { items: [{ item: 'a' }] } });
  expect((await logged()).decisions[0]).not.toHaveProperty('userId');
});

describe('is refused', () => {
  it.each<[string, (id: string) => object, string]>([
    [
      'an order that was not drawn',
      (id) => ({ ...METARANK_SHOWN, id, items: METARANK_SHOWN.items.toReversed() }),
      'another_order',
    ],
    [
      'an item that was not ranked',
      (id) => ({ ...METARANK_PURCHASE, ranking: id, item: 'item9' }),
      'invalid_request',
    ],
    [
      'an interaction that nobody names',
      (id) => ({ ...METARANK_PURCHASE, ranking: id, type: 'stare' }),
      'invalid_request',
    ],
    [
      'an interaction without a ranking',
      () => ({ ...METARANK_PURCHASE, ranking: undefined }),
      'invalid_request',
    ],
    [
      'a field that is a list',
      (id) => ({ ...METARANK_PURCHASE, ranking: id, fields: [{ name: 'a', value: ['x'] }] }),
      'invalid_request',
    ],
    ['no event', () => ({ event: 'none' }), 'invalid_request'],
    ['a user', () => METARANK_USER, 'unsupported_event'],
    ['nothing', () => [], 'invalid_request'],
  ])('%s', async (_, changed, code) => {
    const id = crypto.randomUUID();
    await post('/rank/xgboost', { ...METARANK_RANK, id });
    expect(await post('/feedback', changed(id))).toMatchObject({ status: 400, body: { code } });
    expect((await logged()).events).toEqual([]);
  });

  it.each<[string, string, object, RegExp]>([
    ['a model that names no placement', '/rank/XGBoost', {}, /placement/],
    ['a judgement', '/rank/x', { items: [{ id: 'a', label: 1 }] }, /label/],
    [
      'too many items',
      '/rank/x',
      { items: Array.from({ length: 101 }, (_, i) => ({ id: `${i}` })) },
      /1 to 100/,
    ],
    ['no time', '/rank/x', { timestamp: undefined }, /timestamp/],
    ['an address as a user', '/rank/x', { user: 'a@b.example' }, /e-mail/],
    ['an id that UTF-8 cannot have', '/rank/x', { id: 'a\ud800' }, /^id must be/],
    ['a user nested deeper than can be written', '/rank/x', { user: DEEP }, /userId must be/],
    ['a session nested so', '/rank/x', { session: DEEP }, /sessionId must be/],
    ['an item nested so', '/rank/x', { items: [{ id: DEEP }] }, /item id must be/],
    [
      'a field of an item nested so',
      '/rank/x',
      { items: [{ id: 'a', fields: [{ name: 'b', value: DEEP }] }] },
      /attribute "b" must be/,
    ],
    [
      'a field of an item that is told nested so',
      '/feedback',
      { ...METARANK_ITEM, fields: [{ name: 'b', value: DEEP }] },
      /attribute "b" must be/,
    ],
    [
      'a list that nothing reads',
      '/rank/x',
      { fields: [{ name: 'a', value: ['b'] }] },
      /is a list/,
    ],
  ])('%s', async (_, path, change, message) => {
    const given = JSON.stringify({ ...METARANK_RANK, id: crypto.randomUUID(), ...change });
    const { status, body } = await post(path, given.replaceAll(`"${DEEP}"`, NESTED));
    expect([status, body.message]).toEqual([400, expect.stringMatching(message)]);
  });

  it('who has no secret key, and all where the configuration does not say so', async () => {
    for (const path of ['/rank/x', '/feedback'])
      expect((await post(path, METARANK_RANK, PUBLISHABLE)).status).toBe(403);
    isolate = coldIsolate({ DROP_IN: 'personalizer' });
    for (const path of ['/rank/x', '/feedback'])
      expect((await post(path, METARANK_RANK)).status).toBe(404);
  });
});

it('explanations are points by feature', async () => {
  const { body } = await post('/rank/x?explain=true', {
    ...METARANK_RANK,
    id: 'explained',
    items: [{ id: 'a', fields: [{ name: 'type', value: 'News' }] }],
  });
  expect(body.items).toMatchObject([
    { item: 'a', score: 3, features: [{ name: 'type', value: 3 }] },
  ]);
});
