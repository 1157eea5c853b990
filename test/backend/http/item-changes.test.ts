import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signBody, SIGNATURE_HEADER } from '../../../shared/domain/ingest-signature.ts';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { changeItems } from '../../../backend/catalogue/change-items.ts';
import { readItems } from '../../../backend/catalogue/items.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';
import { runs } from '../../shared/support/seed.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';

const [NEW, OLD] = ['the newer catalogue secret', 'the older catalogue secret'];
let backend: TestBackend;
let store: BorrowedStore;
beforeAll(async () => {
  store = await borrowStore();
  backend = await startTestBackend({ catalogueSecrets: [NEW, OLD] });
});
afterAll(async () => {
  await backend.close();
  await store.close();
});

async function post(changes: unknown, { secret = NEW, at = Date.now(), query = '' } = {}) {
  const body = new TextEncoder().encode(JSON.stringify(changes));
  return backend.call('POST', `/v1/items/changes${query}`, body, {
    authorization: '',
    'content-type': 'application/json',
    [SIGNATURE_HEADER]: signBody(body, secret, at),
  });
}
const catalogue = async () =>
  Object.fromEntries(
    ((await backend.call('GET', '/v1/items')).body.items as { id: string; price: number }[]).map(
      ({ id, price }) => [id, price],
    ),
  );

test('changes are taken in any order, once, by either secret of a rotation', async () => {
  const put = (id: string, version: number, price: number) => ({
    op: 'upsert',
    version,
    item: { id, price },
  });
  expect(await post([put('a', 2, 20), put('b', 1, 5)])).toMatchObject({
    status: 202,
    body: { taken: 2, stale: 0 },
  });
  const again = await post([put('a', 1, 10), put('a', 2, 99)], { secret: OLD });
  expect(again).toMatchObject({ status: 202, body: { taken: 0, stale: 2 } });
  expect(await catalogue()).toEqual({ a: 20, b: 5 });
  await post([{ op: 'delete', version: 3, id: 'b' }]);
  expect((await post([put('b', 2, 6)])).body).toEqual({ taken: 0, stale: 1 });
  expect(await catalogue()).toEqual({ a: 20 });
  await post([put('b', 4, 7)]);
  expect(await catalogue()).toEqual({ a: 20, b: 7 });
});

test('envelopes of Debezium are taken as a connector writes them', async () => {
  const envelope = (op: string, lsn: number, before: unknown, after: unknown) => ({
    schema: {},
    payload: { before, after, op, ts_ms: 1_796_000_000_000, source: { lsn, ts_ms: 5 } },
  });
  const made = await post(
    [
      envelope('r', 100, null, { sku: 'd-1', price: 30 }),
      envelope('u', 110, null, { sku: 'd-1', price: 31 }),
      envelope('c', 111, null, { sku: 7, price: 32 }),
      envelope('d', 112, { sku: 7, price: 32 }, null),
      null,
    ],
    { query: '?id=sku' },
  );
  expect(made).toMatchObject({ status: 202, body: { taken: 2, stale: 2 } });
  expect(await catalogue()).toMatchObject({ 'd-1': 31 });
  expect(await catalogue()).not.toHaveProperty('7');
});

test('an item that is called as the path ends is for who has a key', async () => {
  await post([{ op: 'upsert', version: 1, item: { id: 'changes', price: 3 } }]);
  const path = '/v1/items/changes';
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
    expect([
      method,
      (await backend.call(method, path, undefined, { authorization: '' })).status,
    ]).toEqual([method, 401]);
  expect(await catalogue()).toMatchObject({ changes: 3 });
  expect((await backend.call('DELETE', path)).status).toBe(200);
  expect(await catalogue()).not.toHaveProperty('changes');
});

test.each([
  ['another secret', { secret: 'nobody knows this secret' }, 'invalid_signature'],
  ['an old signature', { at: Date.now() - 6 * 60_000 }, 'invalid_signature'],
  ['one of the future', { at: Date.now() + 6 * 60_000 }, 'invalid_signature'],
])('%s is refused and changes nothing', async (_name, how, code) => {
  const before = await catalogue();
  const change = { op: 'upsert', version: 1000, item: { id: 'evil', price: 1 } };
  expect(await post([change], how)).toMatchObject({ status: 401, body: { code } });
  expect(await catalogue()).toEqual(before);
});

test.each(['constructor', '__proto__'])(
  'a row has no column that it inherits: %s',
  async (column) => {
    const { status, body } = await post([{ op: 'c', after: { sku: 'a' }, ts_ms: 9 }], {
      query: `?id=${column}`,
    });
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('has no column')]);
  },
);

test.each([
  [{ op: 'upsert', item: { id: 'a', price: 1 } }, 'change 1: version'],
  [{ op: 'drop', version: 1, id: 'a' }, 'change 1: op'],
  [{ op: 'upsert', version: 99, item: { id: 'a', price: 'cheap' } }, 'price'],
  [{ op: 'd', before: {}, ts_ms: 9 }, 'change 1: a change has no column'],
])('%j is refused with its reason, and nothing of the request is stored', async (change, says) => {
  const good = { op: 'upsert', version: 1, item: { id: 'never', price: 1 } };
  const { status, body } = await post([change, good]);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(says);
  expect(await catalogue()).not.toHaveProperty('never');
});

test('a backend without the secret takes none', async () => {
  const other = await backend.beside({ catalogueSecrets: [] });
  try {
    expect(await other.call('POST', '/v1/items/changes', [])).toMatchObject({
      status: 403,
      body: { code: 'changes_are_off' },
    });
  } finally {
    await other.close();
  }
});

test('whatever order changes come in, and cut however, the catalogue is what the highest version of each item says', async () => {
  const change = fc.record({
    item: fc.integer({ min: 0, max: 4 }),
    version: fc.integer({ min: 0, max: 30 }),
  });
  const cuts = fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 8 });
  let world = 0;
  await fc.assert(
    fc.asyncProperty(cuts, async (requests) => {
      const name = `w${world++}-`;
      const newest = new Map<number, number>();
      for (const request of requests) {
        for (const { item, version } of request)
          newest.set(item, Math.max(version, newest.get(item) ?? 0));
        const changes = request.map(({ item, version }) => {
          const id = parseItemId(`${name}${item}`);
          // What a version says depends on the version alone: every third is a deletion.
          const attributes = { price: version };
          return { id, version, item: version % 3 === 0 ? undefined : { id, attributes } };
        });
        await changeItems(store, smarttrip, changes, 1);
      }
      const { items } = await readItems(store, 1000);
      const found = items.filter(({ id }) => id.startsWith(name));
      expect(found.map(({ id, price }) => [id, price])).toEqual(
        [...newest]
          .filter(([, version]) => version % 3 !== 0)
          .toSorted(([a], [b]) => a - b)
          .map(([item, version]) => [`${name}${item}`, version]),
      );
    }),
    { numRuns: runs(20) },
  );
});
