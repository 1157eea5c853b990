import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addressOf } from '../../../edge/http/address.ts';
import type { Env } from '../../../edge/platform/env.ts';
import rateLimiter from '../../../edge/selfhost/rate-limiter.ts';
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { clickOn, rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

beforeAll(async () => {
  await publishItems(openTrips(3));
  await publishScorer('v000001');
});
afterEach(() => vi.restoreAllMocks());

type Limits = { readonly [K in keyof Env]?: unknown };
/** In a period that does not end while a test runs, whenever that is. */
const most = (limit: number) => rateLimiter({ limit, periodS: 1e12 });
const limited = (limits: Limits) => coldIsolate({ RATE_LIMITS: 'on', ...limits });
const from = (address: string, key = PUBLISHABLE) => ({
  key,
  headers: { 'cf-connecting-ip': address },
});
const statuses = async (asked: readonly (() => Promise<{ status: number }>)[]) => {
  const found: number[] = [];
  for (const ask of asked) found.push((await ask()).status);
  return found;
};

describe('limits of rates', () => {
  it('counts by address, and says when to come again', async () => {
    const isolate = limited({ RATE_PER_ADDRESS: most(2) });
    const ask = (address: string) => () => rank(isolate, {}, from(address));
    const [a, b] = ['192.0.2.1', '192.0.2.2'];
    expect(await statuses([ask(a), ask(a), ask(a), ask(b)])).toEqual([200, 200, 429, 200]);
    const { headers, code, message } = await rank(isolate, {}, from(a));
    expect({ code, message }).toEqual({
      code: 'too_many_requests',
      message: expect.stringMatching(/this address: send it again in 60 seconds/),
    });
    expect(headers.get('retry-after')).toBe('60');
    expect(headers.get('access-control-expose-headers')).toBe('retry-after');
  });

  it('counts by key, and by session', async () => {
    const isolate = limited({ RATE_PER_KEY: most(3), RATE_PER_SESSION: most(2) });
    const ask = (sessionId: string, key: string) => () =>
      rank(isolate, { sessionId }, from('192.0.2.1', key));
    expect(
      await statuses([
        ask('a', 'pk_other_of_the_tests'),
        ask('a', 'pk_other_of_the_tests'),
        ask('a', 'pk_other_of_the_tests'),
        ask('b', 'pk_other_of_the_tests'),
        ask('b', PUBLISHABLE),
      ]),
    ).toEqual([200, 200, 429, 429, 200]);
  });

  it('limits a secret key by session only', async () => {
    const isolate = limited({
      RATE_PER_KEY: most(0),
      RATE_PER_ADDRESS: most(0),
      RATE_PER_SESSION: most(1),
    });
    const ask = (sessionId: string) => () =>
      rank(isolate, { sessionId }, from('192.0.2.1', SECRET));
    expect(await statuses([ask('a'), ask('b'), ask('a')])).toEqual([200, 200, 429]);
  });

  it('refuses before the body is read, and counts what was refused of nobody', async () => {
    const isolate = limited({ RATE_PER_ADDRESS: most(0) });
    for (const path of ['/v1/rank', '/v1/rank/batch', '/v1/events']) {
      const body = '{not JSON';
      const response = await isolate.fetch(path, { ...from('192.0.2.1'), body });
      expect(response.status).toBe(429);
    }
    const unknown = await isolate.fetch('/v1/rank', { ...from('192.0.2.1', 'pk_no'), body: {} });
    expect(unknown.status).toBe(401);
  });

  it('counts events apart from rankings, and long lists as several requests', async () => {
    const isolate = limited({ RATE_PER_ADDRESS: most(3), RATE_PER_SESSION: most(3) });
    const asked = from('192.0.2.1');
    const ranking = await rank(isolate, {}, asked);
    const send = (events: number) => async () =>
      isolate.fetch('/v1/events', {
        ...asked,
        body: Array.from({ length: events }, () => clickOn(ranking)),
      });
    expect(await statuses([send(101), send(1)])).toEqual([202, 429]);
    expect((await rank(isolate, {}, asked)).status).toBe(200);
  });

  it('counts large requests as several, but not those of a server, whose lists of candidates are long', async () => {
    const candidates = [{ id: 'trip-1', title: 'x'.repeat(200_000) }];
    const ask = (key: string, body: object) => {
      const isolate = limited({ RATE_PER_ADDRESS: most(4), RATE_PER_SESSION: most(4) });
      return statuses(
        [body, {}].map(
          (own) => () => rank(isolate, { sessionId: 's', ...own }, from('192.0.2.1', key)),
        ),
      );
    };
    expect(await ask(PUBLISHABLE, {})).toEqual([200, 200]);
    expect(await ask(PUBLISHABLE, { candidates })).toEqual([200, 429]);
    expect(await ask(SECRET, { candidates })).toEqual([200, 200]);
    const isolate = limited({ RATE_PER_ADDRESS: most(4) });
    const ranking = await rank(isolate, {}, from('192.0.2.1'));
    const click = clickOn(ranking, 0, { properties: { text: 'x'.repeat(1000) } });
    const send = () =>
      isolate.fetch('/v1/events', {
        ...from('192.0.2.1'),
        body: `${JSON.stringify([click])}${' '.repeat(200_000)}`,
      });
    expect(await statuses([send, send])).toEqual([202, 429]);
  });

  it('count a request to forget by its size and by its tokens', async () => {
    const ask = (tokens: readonly string[], padding: number) => {
      const isolate = limited({ RATE_PER_ADDRESS: most(4) });
      const send = () =>
        isolate.fetch('/v1/forget', {
          ...from('192.0.2.1'),
          body: `${JSON.stringify({ tokens })}${' '.repeat(padding)}`,
        });
      return statuses([send, send]);
    };
    expect(await ask(['made up'], 0)).toEqual([202, 202]);
    expect(await ask(['made up'], 200_000)).toEqual([202, 429]);
    expect(
      await ask(
        Array.from({ length: 150 }, (_, i) => `t${i}`),
        0,
      ),
    ).toEqual([202, 429]);
  });

  it('gives a binding, which may store what it counts by, no address, id or key', async () => {
    const counted: string[] = [];
    const recorder = {
      limit: ({ key }: { key: string }) => {
        counted.push(key);
        return Promise.resolve({ success: true });
      },
    };
    const isolate = limited({
      RATE_PER_KEY: recorder,
      RATE_PER_ADDRESS: recorder,
      RATE_PER_SESSION: recorder,
    });
    const asked = from('192.0.2.1');
    const ranking = await rank(isolate, { sessionId: 'counted', userId: 'by-nobody' }, asked);
    await isolate.fetch('/v1/events', { ...asked, body: [clickOn(ranking)] });
    expect(counted).toHaveLength(6);
    // Each is counted by itself, and the same again by the same code.
    expect(new Set(counted).size).toBe(6);
    await rank(isolate, { sessionId: 'counted' }, asked);
    expect(new Set(counted).size).toBe(6);
    const named = ['192.0.2', 'counted', keyedSession('counted'), keyedUser('by-nobody')];
    for (const name of [...named, PUBLISHABLE]) expect(counted.join()).not.toContain(name);
  });

  it('takes the events of other sessions where one sends too much', async () => {
    const isolate = limited({ RATE_PER_SESSION: most(1) });
    const [a, b] = await Promise.all(
      ['a', 'b'].map((sessionId) => rank(isolate, { sessionId }, { key: PUBLISHABLE })),
    );
    const send = async (body: object) => {
      const response = await isolate.fetch('/v1/events', { key: PUBLISHABLE, body });
      return { status: response.status, ...(await response.json<object>()) };
    };
    expect(await send([clickOn(a)])).toMatchObject({ accepted: 1 });
    expect(await send([clickOn(a), clickOn(b)])).toMatchObject({
      status: 202,
      accepted: 1,
      rejected: [{ index: 0, code: 'too_many_requests' }],
    });
    expect(await send([clickOn(a)])).toMatchObject({ status: 429 });
  });

  it('lets everything through where there is no binding, where it is off, and where it fails', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const broken = { limit: () => Promise.reject(new Error('broken for a test')) };
    const none = { RATE_PER_KEY: most(0), RATE_PER_ADDRESS: most(0), RATE_PER_SESSION: most(0) };
    const absent = {
      RATE_PER_KEY: undefined,
      RATE_PER_ADDRESS: undefined,
      RATE_PER_SESSION: undefined,
    };
    for (const limits of [
      absent,
      { ...none, RATE_LIMITS: 'off' },
      { ...absent, RATE_PER_KEY: broken },
    ])
      expect((await rank(limited(limits), {}, from('192.0.2.1'))).status).toBe(200);
  });

  it("works with the platform's own binding, as wrangler.toml declares it", async () => {
    const before = await env.RATE_PER_SESSION!.limit({ key: 'declared' });
    expect(before).toEqual({ success: true });
    expect((await rank(limited({}), {}, from('192.0.2.1'))).status).toBe(200);
  });

  it('refuses a switch that is neither on nor off', async () => {
    const { status, message } = await rank(coldIsolate({ RATE_LIMITS: 'no' }));
    expect({ status, message }).toMatchObject({
      status: 503,
      message: 'RATE_LIMITS must be on or off, but was "no"',
    });
  });
});

describe('the counter outside of Cloudflare', () => {
  it('begins anew with each period', async () => {
    const now = vi.spyOn(Date, 'now').mockReturnValue(59_999);
    const limiter = rateLimiter({ limit: 1, periodS: 60 });
    const ask = async (key: string) => (await limiter.limit({ key })).success;
    expect([await ask('a'), await ask('a'), await ask('b')]).toEqual([true, false, true]);
    now.mockReturnValue(60_000);
    expect([await ask('a'), await ask('a')]).toEqual([true, false]);
  });
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:DB8:0:1:a:b:c:d', '2001:db8:0:1'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0db8:0000:0001::', '2001:db8:0:1'],
  ['::1', '0:0:0:0'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['', undefined],
])('takes %j for the address %j', (header, address) => {
  const headers = { 'cf-connecting-ip': header };
  expect(addressOf(new Request('https://edge.test/', { headers }))).toBe(address);
});
