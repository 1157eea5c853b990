import { beforeAll, describe, expect, it } from 'vitest';
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { openTrips } from '../support/trips.ts';

const RANK = { method: 'POST', path: '/v1/rank', body: { sessionId: 's' } };
const BATCH = {
  method: 'POST',
  path: '/v1/rank/batch',
  body: { requests: [{ sessionId: 's' }] },
};
const EVENTS = { method: 'POST', path: '/v1/events', body: [] };
const FORGET = { method: 'POST', path: '/v1/forget', body: {} };
const DELTAS = { method: 'POST', path: '/v1/live/deltas', body: {} };
const KV = { method: 'GET', path: '/v1/kv/WEIGHTS/none', body: undefined };
const HEALTH = { method: 'GET', path: '/v1/health', body: undefined };
const VERSION = { method: 'GET', path: '/v1/version', body: undefined };

beforeAll(async () => {
  await publishItems(openTrips(1));
  await publishScorer('v000001');
});

describe('who may do what', () => {
  it.each([
    { route: RANK, none: 401, publishable: 200, secret: 200 },
    { route: BATCH, none: 401, publishable: 200, secret: 200 },
    { route: EVENTS, none: 401, publishable: 202, secret: 202 },
    { route: FORGET, none: 401, publishable: 400, secret: 400 },
    { route: DELTAS, none: 401, publishable: 403, secret: 400 },
    { route: KV, none: 401, publishable: 403, secret: 404 },
    { route: HEALTH, none: 200, publishable: 200, secret: 200 },
    { route: VERSION, none: 200, publishable: 200, secret: 200 },
  ])('$route.path', async ({ route, none, publishable, secret }) => {
    const isolate = coldIsolate();
    const status = async (key?: string) =>
      (await isolate.fetch(route.path, { ...route, key })).status;
    expect(await status()).toBe(none);
    expect(await status('pk_unknown')).toBe(none);
    expect(await status(PUBLISHABLE)).toBe(publishable);
    expect(await status('pk_other_of_the_tests')).toBe(publishable);
    expect(await status(SECRET)).toBe(secret);
  });

  it.each([
    `bearer ${PUBLISHABLE}`,
    'Basic cGs6',
    'Bearer',
    `Bearer ${PUBLISHABLE},${SECRET}`,
    `Bearer  ${PUBLISHABLE}`,
  ])('does not take "%s" for a key', async (authorization) => {
    const response = await coldIsolate().fetch('/v1/rank', {
      body: RANK.body,
      headers: { authorization },
    });
    expect([response.status, await response.json()]).toEqual([
      401,
      { code: 'unauthorized', message: expect.stringContaining('Authorization: Bearer') },
    ]);
  });
});

describe('a Worker that is not configured', () => {
  it.each(['PUBLISHABLE_KEYS', 'SECRET_KEYS', 'TOKEN_SECRET', 'INGEST_SECRET', 'BACKEND_URL'])(
    'refuses everything without %s, and says so',
    async (name) => {
      for (const value of [undefined, '', ' , ']) {
        const isolate = coldIsolate({ [name]: value });
        for (const route of [RANK, BATCH, EVENTS, KV, HEALTH]) {
          const response = await isolate.fetch(route.path, { ...route, key: SECRET });
          expect(response.status).toBe(503);
          expect(await response.json()).toEqual({
            code: 'not_configured',
            message: expect.stringMatching(new RegExp(`^${name} is not set`)),
          });
        }
      }
    },
  );

  it.each([
    ['PUBLISHABLE_KEYS', `${PUBLISHABLE}, p`],
    ['SECRET_KEYS', 's'],
    ['TOKEN_SECRET', 't'],
    ['INGEST_SECRET', 'fifteen letters'],
    ['IDENTITY_SECRET', 'short, and another that is long'],
  ])('refuses everything while %s has an entry that can be tried out: %s', async (name, value) => {
    const response = await coldIsolate({ [name]: value }).fetch('/v1/health');
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        code: 'not_configured',
        message: expect.stringMatching(
          new RegExp(
            `${name} has \\d+ characters? and must have at least 16: make one with "openssl`,
          ),
        ),
      },
    ]);
  });

  it('refuses everything while a key is publishable and secret at once', async () => {
    const isolate = coldIsolate({ SECRET_KEYS: `${SECRET}, ${PUBLISHABLE}` });
    const response = await isolate.fetch('/v1/health');
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(text).toContain('a key is in both PUBLISHABLE_KEYS and SECRET_KEYS');
    expect(text).not.toContain(PUBLISHABLE);
  });

  it.each([
    ['REFRESH_MS', 'often'],
    ['KV_CACHE_TTL_S', '29'],
    ['EVENT_SHARDS', '0'],
    ['SHIP_INTERVAL_MS', '1.5'],
    ['TOKEN_TTL_MS', '-1'],
  ])('refuses %s = "%s", and says so', async (name, value) => {
    const response = await coldIsolate({ [name]: value }).fetch('/v1/health');
    expect(await response.json()).toEqual({
      code: 'not_configured',
      message: expect.stringMatching(`^${name} must be a whole number .* "${value}"`),
    });
  });
});

describe('browsers', () => {
  const origin = 'https://shop.example';

  it.each([
    [undefined, '*'],
    ['*', '*'],
    ['https://shop.example, https://www.example', origin],
    ['https://www.example', null],
  ])('of a shop may call when the allowed origins are %s: %s', async (allowed, expected) => {
    const answer = await coldIsolate({ ALLOWED_ORIGINS: allowed }).fetch('/v1/rank', {
      key: PUBLISHABLE,
      body: RANK.body,
      headers: { origin },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe(expected);
    expect(answer.headers.get('access-control-expose-headers')).toBe(
      'x-trimtab-weights, x-trimtab-snapshot',
    );
  });

  it('are allowed by the answer to their own request, not by those to others', async () => {
    const shops = [origin, 'https://www.example', 'https://other.example', origin];
    const isolate = coldIsolate({ ALLOWED_ORIGINS: shops.slice(0, 2).join(', ') });
    const allowed: (string | null)[] = [];
    for (const shop of shops) {
      const headers = { origin: shop };
      const answer = await isolate.fetch('/v1/rank', {
        key: PUBLISHABLE,
        body: RANK.body,
        headers,
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json');
      allowed.push(answer.headers.get('access-control-allow-origin'));
    }
    expect(allowed).toEqual([origin, 'https://www.example', null, origin]);
  });

  it.each(['/v1/rank?', '/v1/rank/', '/other/v1/rank', '//v1/rank'])(
    'go past the router to rankings by their address alone, not by %s',
    async (path) => {
      const answer = await coldIsolate().fetch(path, { key: PUBLISHABLE, body: RANK.body });
      // The router drops an empty query and a slash at the end.
      expect(answer.status).toBe(/^\/v1\/rank\W?$/.test(path) ? 200 : 404);
    },
  );

  it('are told what they may send before they send it', async () => {
    const preflight = await coldIsolate().fetch('/v1/rank', {
      method: 'OPTIONS',
      headers: { origin },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  });

  it('see errors as errors, not as failures of the network', async () => {
    const answer = await coldIsolate().fetch('/v1/rank', { body: RANK.body, headers: { origin } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});
