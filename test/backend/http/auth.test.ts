import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { signIn, type Browser } from '../support/sign-in.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({ secretKeys: [SECRET_KEY, 'sk_second'] });
});
afterAll(() => backend.close());

const get = (path: string, headers: Record<string, string>) =>
  backend.call('GET', path, undefined, headers);

test.each([
  ['no key', {}],
  ['another key', { authorization: 'Bearer sk_other' }],
  ['the beginning of the key', { authorization: `Bearer ${SECRET_KEY.slice(0, -1)}` }],
  ['another scheme', { authorization: `Basic ${SECRET_KEY}` }],
  ['the key in the query', {}, `?key=${SECRET_KEY}`],
  ['the key as a cookie', { cookie: `trimtab_session=${SECRET_KEY}` }],
  ['a made-up cookie', { cookie: `trimtab_session=${'A'.repeat(43)}.${'A'.repeat(43)}` }],
])('with %s nothing but health is open', async (_, headers: Record<string, string>, query = '') => {
  for (const path of ['/v1/status', '/v1/items', '/metrics', '/openapi.json', '/nothing-here']) {
    const answer = await get(path + query, { authorization: '', ...headers });
    expect({ path, status: answer.status, code: answer.body.code }).toEqual({
      path,
      status: 401,
      code: 'unauthorized',
    });
  }
  expect((await get('/health/live', { authorization: '', ...headers })).status).toBe(200);
  expect((await get('/dashboard/live', { authorization: '', ...headers })).status).toBe(401);
});

test('every secret key opens', async () => {
  for (const key of [SECRET_KEY, 'sk_second'])
    expect((await get('/v1/status', { authorization: `Bearer ${key}` })).status).toBe(200);
});

test('a key in the address signs nobody in, and says what does', async () => {
  const answer = await get(`/?key=${SECRET_KEY}`, { authorization: '' });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('set-cookie') ?? '').not.toContain('session');
  expect(answer.body).toContain('npx trimtab login');
});

/** Every route with its method; the parameters are those of nothing that exists. */
async function routes(): Promise<{ method: string; path: string }[]> {
  const { paths } = (await get('/openapi.json', {})).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'x'),
    })),
  );
}

describe('of every route', () => {
  let viewer: Browser;
  let operator: Browser;
  let unsafe: { method: string; path: string }[];
  const READS = ['/v1/experiments/size', '/v1/rankings/preview'];
  const KEY_ONLY = [
    '/v1/logins',
    '/v1/logins/end',
    '/v1/keys',
    '/v1/keys/x/rotate',
    '/v1/keys/x/revoke',
  ];
  /** Who sends to them signs what they send, and needs neither key nor session. */
  const OPEN = ['/v1/ingest', '/v1/items/changes'];

  beforeAll(async () => {
    viewer = await signIn(backend, 'viewer');
    operator = await signIn(backend, 'operator');
    unsafe = (await routes()).filter(({ method }) => method !== 'GET');
  });

  test('there are some that change something', () => {
    expect(unsafe.length).toBeGreaterThan(20);
    for (const path of [...READS, ...KEY_ONLY, ...OPEN])
      expect(unsafe.map((route) => route.path)).toContain(path);
  });

  test('a viewer can ask none that changes something', async () => {
    for (const { method, path } of unsafe) {
      if (OPEN.includes(path)) continue;
      const { status, body } = await viewer.call(method, path, {});
      const expected = READS.includes(path)
        ? expect.not.stringMatching(/^(?:viewer|csrf|unauthorized)$/)
        : KEY_ONLY.includes(path)
          ? 'key_needed'
          : 'viewer';
      expect({ method, path, code: body.code ?? 'answered' }).toEqual({
        method,
        path,
        code: expected,
      });
      if (!READS.includes(path)) expect(status).toBe(403);
    }
  });

  test('an operator without the token of the page, or from another site, cannot either', async () => {
    for (const { method, path } of unsafe) {
      if (OPEN.includes(path) || KEY_ONLY.includes(path)) continue;
      for (const headers of [
        { 'x-csrf-token': '' },
        { 'x-csrf-token': viewer.csrf },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ] as Record<string, string>[]) {
        const { status, body } = await operator.call(method, path, {}, headers);
        expect({ method, path, status, code: body.code }).toEqual({
          method,
          path,
          status: 403,
          code: 'csrf',
        });
      }
    }
  });

  test('an operator gets past all of this, but lets nobody else in', async () => {
    for (const { method, path } of unsafe) {
      if (OPEN.includes(path)) continue;
      // What would do something is left out: the others are refused for what they lack.
      if (/prune|release|\/train$|\/compare$|\/schema$/.test(path)) continue;
      const { body } = await operator.call(method, path, '{"no":"such field"}');
      const code = body.code ?? 'answered';
      if (KEY_ONLY.includes(path)) expect({ path, code }).toEqual({ path, code: 'key_needed' });
      else expect(`${path} ${code}`).not.toMatch(/ (?:viewer|csrf|unauthorized)$/);
    }
  });

  test('both read', async () => {
    for (const browser of [viewer, operator])
      for (const path of ['/v1/status', '/v1/audit', '/v1/weights', '/v1/now'])
        expect((await browser.call('GET', path)).status).toBe(200);
  });
});

test('who is signed in does things under their own name, whatever they say', async () => {
  const operator = await signIn(backend, 'operator', 'carla');
  const held = await operator.call('POST', '/v1/weights/v000000/rollback', undefined, {
    'x-trimtab-actor': 'somebody else',
  });
  expect(held.status).toBe(200);
  expect((await operator.call('POST', '/v1/weights/release')).status).toBe(200);
  const { entries } = (await get('/v1/audit?actor=carla', {})).body;
  expect(entries.map(({ action }: { action: string }) => action)).toEqual(
    expect.arrayContaining(['sign in']),
  );
  expect(entries.length).toBeGreaterThanOrEqual(3);
  expect((await get('/v1/audit?actor=somebody%20else', {})).body.entries).toEqual([]);
});
