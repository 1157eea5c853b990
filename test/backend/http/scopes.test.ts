import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPE_OF_ROUTE } from '../../../backend/http/scope-of-route.ts';
import { SCOPES, type Scope } from '../../../shared/domain/access-key.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';

/** They reveal nothing secret, or what is sent to them is signed. */
const OPEN = new Set([
  'GET /health/live',
  'GET /health/ready',
  'POST /v1/ingest',
  'POST /v1/items/changes',
]);

let backend: TestBackend;
let routes: string[];
beforeAll(async () => {
  backend = await startTestBackend();
  const { paths } = (await backend.call('GET', '/openapi.json')).body as {
    paths: Record<string, object>;
  };
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
});
afterAll(() => backend.close());

const keyFor = async (name: string, scopes: readonly Scope[]): Promise<string> => {
  const { status, body } = await backend.call('POST', '/v1/keys', { name, scopes });
  expect(status).toBe(201);
  return body.key;
};
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

test('the scope of every route is listed, and of none that there is not', () => {
  const listed = [...SCOPE_OF_ROUTE.keys()].toSorted();
  const described = routes.filter((route) => !OPEN.has(route));
  expect(listed).toEqual([...described, 'GET /openapi.json'].toSorted());
});

test('what changes something needs more than reading', () => {
  const changing = [...SCOPE_OF_ROUTE].filter(([route]) => !route.startsWith('GET '));
  expect(changing.filter(([, scope]) => scope === 'read').map(([route]) => route)).toEqual([
    'POST /v1/experiments/size',
    'POST /v1/rankings/preview',
  ]);
});

describe.each(SCOPES)('a key for %s', (scope) => {
  test('opens the routes of its scope, and no other', async () => {
    const key = await keyFor(`only-${scope}`, [scope]);
    for (const [route, needed] of SCOPE_OF_ROUTE) {
      const [method, path] = route.split(' ');
      // What would do something is asked with a body that is refused, or of what there is not.
      if (scope === 'admin' && /prune|release|\/train$|\/compare$|\/logins\/end$|test$/.test(path))
        continue;
      const { status, body } = await backend.call(
        method,
        path.replaceAll(/\{\w+\}/g, 'x'),
        method === 'GET' ? undefined : '{"no":"such field"}',
        bearer(key),
      );
      const isOpen = scope === needed || scope === 'admin';
      const refused = { status: 403, code: 'scope' };
      const found = { route, status, code: body?.code };
      if (isOpen) expect(found).not.toMatchObject(refused);
      else expect(found).toEqual({ route, ...refused });
      if (isOpen) expect(status).not.toBe(401);
    }
  });
});

test('what there is not is told to nobody but who may do everything', async () => {
  const key = await keyFor('curious', ['read']);
  expect((await backend.call('GET', '/v1/nothing', undefined, bearer(key))).status).toBe(403);
});

test('a key by name is listed with its last use, is replaced with an overlap, and ends at once', async () => {
  const key = await keyFor('robot', ['read']);
  const listed = async () => {
    const { body } = await backend.call('GET', '/v1/keys');
    return body.keys.filter(({ name }: { name: string }) => name === 'robot');
  };
  expect(await listed()).toMatchObject([{ lastUsedAt: null, revokedAt: null, scopes: ['read'] }]);
  expect((await backend.call('GET', '/v1/weights', undefined, bearer(key))).status).toBe(200);
  expect(await listed()).toMatchObject([{ lastUsedAt: expect.any(Number) }]);
  const { body: rotated } = await backend.call('POST', '/v1/keys/robot/rotate', {});
  for (const each of [key, rotated.key])
    expect((await backend.call('GET', '/v1/weights', undefined, bearer(each))).status).toBe(200);
  expect((await backend.call('POST', '/v1/keys/robot/revoke')).body.revoked).toBe(2);
  for (const each of [key, rotated.key])
    expect((await backend.call('GET', '/v1/weights', undefined, bearer(each))).status).toBe(401);
  const text = JSON.stringify((await backend.call('GET', '/v1/keys')).body);
  for (const each of [key, rotated.key]) expect(text).not.toContain(each);
});

test('who has a key by name acts under it, whatever they say', async () => {
  const key = await keyFor('deputy', ['admin']);
  const headers = { ...bearer(key), 'x-trimtab-actor': 'somebody else' };
  const made = await backend.call('POST', '/v1/keys', { name: 'made', scopes: ['read'] }, headers);
  expect(made.status).toBe(201);
  const { entries } = (await backend.call('GET', '/v1/audit?actor=deputy')).body;
  expect(entries).toMatchObject([{ action: 'create key', subject: 'made' }]);
});
