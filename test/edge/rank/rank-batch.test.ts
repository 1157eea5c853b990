import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import rateLimiter from '../../../edge/selfhost/rate-limiter.ts';
import { decisionsOf, fakeBackend } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, SECRET, type Ask, type Isolate } from '../support/edge.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { clickOn, rank, type RankAnswer } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

beforeAll(async () => {
  await publishItems(openTrips(40));
  await publishScorer('v000001');
  await storeScorer('v000002', { points: { base: [0, 7] } });
});
afterEach(() => vi.restoreAllMocks());

interface BatchAnswer {
  readonly answers: readonly {
    readonly status: number;
    readonly body: RankAnswer;
    readonly retryAfter?: number;
  }[];
}

async function rankBatch(isolate: Isolate, requests: readonly unknown[], ask: Ask = {}) {
  const response = await isolate.fetch('/v1/rank/batch', {
    key: PUBLISHABLE,
    body: { requests },
    ...ask,
  });
  expect(response.status).toBe(200);
  return (await response.json<BatchAnswer>()).answers;
}

/** Requests that differ in what they wish, how much they ask for, and from which items. */
const varied = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    sessionId: `session-${i % 7}`,
    preferences: { difficulty: 1 + (i % 5), themes: [['hiking'], ['food', 'culture']][i % 2] },
    limit: 1 + (i % 20),
    ...(i % 3 === 0 && { explain: true }),
    ...(i % 4 === 0 && { candidates: openTrips(10).map(({ id }) => id) }),
    ...(i % 10 === 9 && { consent: 'none' }),
  }));

describe('POST /v1/rank/batch', () => {
  it('answers each request as /v1/rank answers it alone, of the same seed and moment', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      (array as Uint32Array).fill(20_261_129);
      return array;
    });
    const isolate = coldIsolate();
    const requests = varied(100);
    const answers = await rankBatch(isolate, requests);
    expect(answers.length).toBe(100);
    for (const [i, { status, body }] of answers.entries()) {
      const { headers, ...alone } = await rank(isolate, requests[i]);
      // Each ranking has an id of its own, which its token names.
      const { rankingId, token } = body;
      expect({ ...body, status }).toEqual({ ...alone, rankingId, token });
      expect(headers.get('x-trimtab-weights')).toBe(body.weights);
    }
    expect(new Set(answers.map(({ body }) => body.rankingId)).size).toBe(100);
  });

  it('logs every ranking, and takes feedback on it by its token', async () => {
    const backend = fakeBackend();
    const isolate = coldIsolate();
    const requests = varied(30);
    const answers = (await rankBatch(isolate, requests)).map(({ body }) => body);
    const clicks = await isolate.fetch('/v1/events', {
      key: PUBLISHABLE,
      body: answers.map((answer) => clickOn(answer)),
    });
    expect(await clicks.json()).toMatchObject({ accepted: 30 });
    const decisions = await decisionsOf(backend, answers);
    decisions.forEach(({ limit, itemIds, seed }, i) => {
      expect(limit).toBe(requests[i].limit);
      expect(itemIds).toEqual(answers[i].items.map(({ id }) => id));
      expect(Number.isInteger(seed)).toBe(true);
    });
    expect(new Set(decisions.map(({ seed }) => seed)).size).toBe(30);
  });

  it('refuses what is wrong in its place, with the status and body of /v1/rank, and ranks the others', async () => {
    const isolate = coldIsolate();
    const requests = [
      { sessionId: 's', limit: 2 },
      { sessionId: 's', limit: 0 },
      null,
      { sessionId: 's', prefs: {} },
      { sessionId: 's', candidates: [] },
      'text',
      { sessionId: 's', limit: 3 },
    ];
    const answers = await rankBatch(isolate, requests);
    for (const [i, { status, body }] of answers.entries()) {
      const alone = await isolate.fetch('/v1/rank', {
        key: PUBLISHABLE,
        body: JSON.stringify(requests[i]),
      });
      const expected = await alone.json<RankAnswer>();
      expect(status).toBe(alone.status);
      if (status !== 200) expect(body).toEqual(expected);
    }
    expect(answers.map(({ status }) => status)).toEqual([
      200,
      400,
      400,
      400,
      answers[4].status,
      400,
      200,
    ]);
    expect(answers[6].body.items.length).toBe(3);
  });

  it.each([
    ['no list', {}, 'requests must be a list of 1 to 100 rank requests, but was undefined'],
    ['a list itself', [{ sessionId: 's' }], 'but was undefined'],
    ['an empty list', { requests: [] }, 'but had 0'],
    ['too long a list', { requests: varied(101) }, 'but had 101'],
    [
      'a field beside the list',
      { requests: [{ sessionId: 's' }], explain: true },
      'a batch has no field "explain": put it into each of its requests',
    ],
  ])('refuses %s as a whole', async (_, body, message) => {
    const response = await coldIsolate().fetch('/v1/rank/batch', { key: PUBLISHABLE, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code: 'invalid_request',
      message: expect.stringContaining(message),
    });
  });

  it('refuses what is nested too deeply in its place', async () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"0":', '}'],
    ]) {
      const deep = `${open.repeat(100_000)}"à"${close.repeat(100_000)}`;
      const body = `{"requests":[{"sessionId":"s"},{"sessionId":"s","preferences":${deep}},{"sessionId":"s"}]}`;
      const response = await coldIsolate().fetch('/v1/rank/batch', { key: PUBLISHABLE, body });
      const { answers } = await response.json<BatchAnswer>();
      expect(answers.map(({ status }) => status)).toEqual([200, 400, 200]);
    }
  });

  it('refuses a body of more than 1 MiB', async () => {
    const title = 'x'.repeat(11_000);
    const requests = varied(100).map((one) => ({ ...one, candidates: [{ id: 'trip-1', title }] }));
    const response = await coldIsolate().fetch('/v1/rank/batch', {
      key: SECRET,
      body: { requests },
    });
    expect(response.status).toBe(413);
  });

  it('ranks all with the version that a secret key pins, and refuses a publishable one', async () => {
    const headers = { 'x-trimtab-version': 'v000002' };
    const isolate = coldIsolate();
    const answers = await rankBatch(isolate, varied(3), { key: SECRET, headers });
    expect(answers.map(({ body }) => body.weights)).toEqual(['v000002', 'v000002', 'v000002']);
    const body = { requests: varied(3) };
    const refused = await isolate.fetch('/v1/rank/batch', { key: PUBLISHABLE, headers, body });
    expect(refused.status).toBe(403);
  });
});

describe('limits of rates on batches', () => {
  const most = (limit: number) => rateLimiter({ limit, periodS: 1e12 });
  const limited = (limits: Record<string, unknown>) =>
    coldIsolate({ RATE_LIMITS: 'on', ...limits });
  const asked = { headers: { 'cf-connecting-ip': '192.0.2.1' } };

  it('count each request of a batch by its address', async () => {
    const isolate = limited({ RATE_PER_ADDRESS: most(20) });
    await rankBatch(isolate, varied(15), asked);
    const refused = await isolate.fetch('/v1/rank/batch', {
      key: PUBLISHABLE,
      body: { requests: varied(6) },
      ...asked,
    });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
  });

  it('count each by its session, and refuse those of that session alone', async () => {
    const isolate = limited({ RATE_PER_SESSION: most(2) });
    const requests = ['a', 'a', 'b', 'a'].map((sessionId) => ({ sessionId }));
    const answers = await rankBatch(isolate, requests, asked);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[3]).toMatchObject({ body: { code: 'too_many_requests' }, retryAfter: 60 });
  });

  it('count a large body as several, whatever makes it large', async () => {
    const isolate = limited({ RATE_PER_ADDRESS: most(4) });
    for (const path of ['/v1/rank', '/v1/rank/batch']) {
      const one = '{"sessionId":"a"}';
      const body = path === '/v1/rank' ? one : `{"requests":[${one}]}`;
      const refused = await isolate.fetch(path, {
        key: PUBLISHABLE,
        body: `${body}${' '.repeat(300_000)}`,
        headers: { 'cf-connecting-ip': path === '/v1/rank' ? '192.0.2.2' : '192.0.2.3' },
      });
      expect(refused.status).toBe(429);
    }
  });

  it('count a large request of a batch as several of its session', async () => {
    const isolate = limited({ RATE_PER_SESSION: most(3) });
    const candidates = [{ id: 'trip-1', title: 'x'.repeat(200_000) }];
    const requests = [{ sessionId: 'a', candidates }, { sessionId: 'b' }];
    const answers = await rankBatch(isolate, requests, asked);
    expect(answers.map(({ status }) => status)).toEqual([429, 200]);
  });
});
