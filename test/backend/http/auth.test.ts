import { afterAll, beforeAll, expect, test } from 'vitest';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';

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
  ['the key as a cookie', { cookie: `trimtab_dashboard=${SECRET_KEY}` }],
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
});

test('every secret key opens', async () => {
  for (const key of [SECRET_KEY, 'sk_second'])
    expect((await get('/v1/status', { authorization: `Bearer ${key}` })).status).toBe(200);
});

test('a browser that brings a key once gets a cookie, which is not the key and may only read', async () => {
  const entry = await get('/?key=sk_second', { authorization: '' });
  expect(entry.status).toBe(303);
  expect(entry.headers.get('location')).toBe('/');
  const given = entry.headers.get('set-cookie')!;
  expect(given).toMatch(/HttpOnly/);
  expect(given).toMatch(/SameSite=Strict/);
  expect(given).not.toContain('sk_second');
  const cookie = given.split(';')[0];
  expect((await get('/v1/status', { authorization: '', cookie })).status).toBe(200);
  const write = await backend.call('POST', '/v1/weights/v000000/rollback', undefined, {
    authorization: '',
    cookie,
  });
  expect(write.status).toBe(401);
});

test('a wrong key in the address opens nothing', async () => {
  expect((await get('/?key=sk_wrong', { authorization: '' })).status).toBe(401);
});
