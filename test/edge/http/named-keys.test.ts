import { evictDurableObject, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { keyHash, type ListedKey, type Scope } from '../../../shared/domain/access-key.ts';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { openTrips } from '../support/trips.ts';

const SHOP = 'pk_made_by_name_for_the_shop';
const RANK = { body: { sessionId: 's' } };
let revision = 1000;

beforeEach(async () => {
  await reset();
  await publishItems(openTrips(1));
  await publishScorer('v000001');
});

const listed = (key: string, scopes: readonly Scope[], more: Partial<ListedKey> = {}) => ({
  hash: keyHash(key),
  scopes,
  ...more,
});
const put = (keys: readonly ListedKey[], at = ++revision, isolate = coldIsolate()) =>
  isolate.fetch('/v1/live/keys', {
    method: 'PUT',
    key: SECRET,
    body: { revision: at, keys },
  });
/** An isolate that looks at every request. */
const eager = () => coldIsolate({ REFRESH_MS: '10' });
const statusOf = async (isolate: Isolate, path: string, key: string, body: unknown = {}) =>
  (await isolate.fetch(path, { method: 'POST', key, body })).status;
const ranked = (isolate: Isolate, key: string, headers = {}) =>
  isolate.fetch('/v1/rank', { ...RANK, key, headers });
const wait = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms));

describe('a key by name', () => {
  it.each([
    { scopes: ['rank'], rank: 200, events: 403, deltas: 403 },
    { scopes: ['events'], rank: 403, events: 202, deltas: 403 },
    { scopes: ['rank', 'events'], rank: 200, events: 202, deltas: 403 },
    { scopes: ['ingest', 'read'], rank: 403, events: 403, deltas: 403 },
    { scopes: ['admin'], rank: 200, events: 202, deltas: 400 },
    { scopes: [], rank: 403, events: 403, deltas: 403 },
  ] as const)('for $scopes opens what it is for', async ({ scopes, rank, events, deltas }) => {
    await put([listed(SHOP, scopes)]);
    const isolate = coldIsolate();
    expect((await ranked(isolate, SHOP)).status).toBe(rank);
    expect(await statusOf(isolate, '/v1/events', SHOP, [])).toBe(events);
    expect(await statusOf(isolate, '/v1/live/deltas', SHOP)).toBe(deltas);
    const answer = await isolate.fetch('/v1/kv/WEIGHTS/active', { key: SHOP });
    expect(answer.status === 200).toBe(deltas === 400);
    await answer.arrayBuffer();
  });

  it('that nobody knows opens nothing, and neither does a hash', async () => {
    await put([listed(SHOP, ['admin'])]);
    const isolate = coldIsolate();
    for (const key of ['pk_of_nobody_at_all', `${SHOP}x`, SHOP.slice(0, -1), keyHash(SHOP), ''])
      expect((await ranked(isolate, key)).status).toBe(401);
    expect((await ranked(isolate, PUBLISHABLE)).status).toBe(200);
  });

  it('opens nothing once it is revoked, in isolates that know it too, whatever KV still says', async () => {
    await put([listed(SHOP, ['rank'])]);
    const isolate = eager();
    expect((await ranked(isolate, SHOP)).status).toBe(200);
    const stale = await env.WEIGHTS.get('keys');
    await put([]);
    await env.WEIGHTS.put('keys', stale!);
    // A request that finds the list old is answered from it, and has it looked up.
    await wait(20);
    await ranked(isolate, SHOP);
    expect((await ranked(isolate, SHOP)).status).toBe(401);
    expect((await ranked(coldIsolate(), SHOP)).status).toBe(401);
    await evictDurableObject(env.KEY_KEEPER!.get(env.KEY_KEEPER!.idFromName('local')));
    expect((await ranked(coldIsolate(), SHOP)).status).toBe(401);
  });

  it('ends when its time is over, without being told', async () => {
    await put([listed(SHOP, ['rank'], { expiresAt: Date.now() + 400 })]);
    const isolate = coldIsolate();
    expect((await ranked(isolate, SHOP)).status).toBe(200);
    await wait(500);
    expect((await ranked(isolate, SHOP)).status).toBe(401);
  });

  it('is taken from pages of its origins alone, and says so', async () => {
    const shop = 'https://shop.example';
    await put([listed(SHOP, ['rank', 'events'], { origins: [shop] })]);
    const isolate = coldIsolate();
    expect((await ranked(isolate, SHOP, { origin: shop })).status).toBe(200);
    expect((await ranked(isolate, SHOP)).status).toBe(200);
    for (const origin of ['https://shop.example.evil', 'http://shop.example', 'null', '']) {
      const answer = await ranked(isolate, SHOP, { origin });
      expect([origin, answer.status, await answer.json()]).toEqual([
        origin,
        403,
        { code: 'origin', message: expect.stringContaining(shop) },
      ]);
      // The page's makers can read why.
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      const events = await isolate.fetch('/v1/events', {
        key: SHOP,
        body: [],
        headers: { origin },
      });
      expect(events.status).toBe(403);
    }
  });

  it('of a server is told what pages are not, and one of a page is not', async () => {
    await put([listed(SHOP, ['rank']), listed('sk_of_the_server', ['rank', 'read'])]);
    const isolate = coldIsolate();
    const toldOf = async (key: string) =>
      Object.keys(await (await isolate.fetch('/v1/version', { key })).json<object>());
    expect(await toldOf(SHOP)).not.toContain('pointer');
    expect(await toldOf('sk_of_the_server')).toContain('pointer');
    const pin = { 'x-trimtab-version': 'v000001' };
    expect((await ranked(isolate, SHOP, pin)).status).toBe(403);
    expect((await ranked(isolate, 'sk_of_the_server', pin)).status).toBe(200);
  });

  it('is known without KV, and without the binding by KV alone', async () => {
    await put([listed(SHOP, ['rank'])]);
    const broken = {
      get: () => Promise.reject(new Error('KV is down for a test')),
    } as unknown as KVNamespace;
    const isolate = coldIsolate({ WEIGHTS: broken });
    expect((await ranked(isolate, SHOP)).status).toBe(200);
    expect((await ranked(coldIsolate({ KEY_KEEPER: undefined }), SHOP)).status).toBe(200);
    const blind = coldIsolate({ KEY_KEEPER: undefined, WEIGHTS: broken });
    const refused = await ranked(blind, SHOP);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    // Keys of the configuration need neither.
    expect((await ranked(blind, PUBLISHABLE)).status).toBe(200);
  });

  it('says when it was used last, to who has an admin key', async () => {
    await put([listed(SHOP, ['rank'])]);
    const isolate = eager();
    const began = Date.now();
    await ranked(isolate, SHOP);
    await wait(20);
    await ranked(isolate, SHOP);
    const answer = await isolate.fetch('/v1/live/keys', { key: SECRET });
    const { used } = await answer.json<{ used: Record<string, number> }>();
    expect(Object.keys(used)).toEqual([keyHash(SHOP)]);
    expect(used[keyHash(SHOP)]).toBeGreaterThanOrEqual(began);
    expect((await isolate.fetch('/v1/live/keys', { key: SHOP })).status).toBe(403);
  });
});

describe('a list of keys', () => {
  it('is not replaced by one of before', async () => {
    const at = revision + 10;
    expect((await put([listed(SHOP, ['rank'])], at)).status).toBe(200);
    const answer = await put([], at - 1);
    expect([answer.status, await answer.json()]).toMatchObject([
      409,
      { code: 'newer_keys', details: { list: { revision: at } } },
    ]);
    expect((await ranked(coldIsolate(), SHOP)).status).toBe(200);
    revision = at;
  });

  it.each([
    ['nothing', undefined],
    ['no list', { revision: 1, keys: {} }],
    ['a key in clear', { revision: 1, keys: [{ hash: SHOP, scopes: ['admin'] }] }],
    ['a revision that is none', { revision: -1, keys: [] }],
    ['scopes that are a text', { revision: 1, keys: [{ hash: keyHash(SHOP), scopes: 'admin' }] }],
  ])('is refused as %s', async (_, body) => {
    const answer = await coldIsolate().fetch('/v1/live/keys', { method: 'PUT', key: SECRET, body });
    expect(answer.status).toBe(400);
  });

  it('of a later version is read without the scopes that this one does not know', async () => {
    await put([{ ...listed(SHOP, ['rank']), scopes: ['rank', 'fly'] as unknown as Scope[] }]);
    expect((await ranked(coldIsolate(), SHOP)).status).toBe(200);
  });

  it('is put by an admin alone', async () => {
    const isolate = coldIsolate();
    const body = { revision: ++revision, keys: [] };
    for (const [key, status] of [
      [undefined, 401],
      [PUBLISHABLE, 403],
    ] as const)
      expect((await isolate.fetch('/v1/live/keys', { method: 'PUT', body, key })).status).toBe(
        status,
      );
  });
});
