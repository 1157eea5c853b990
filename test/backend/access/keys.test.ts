import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessKeysOf } from '../../../backend/access/keys.ts';
import { keyHash, parseKeyList, SCOPES } from '../../../shared/domain/access-key.ts';
import type { Store } from '../../../backend/store/open.ts';
import { accessKeys } from '../../../backend/store/tables.ts';
import { borrowStore } from '../../support/borrow-store.ts';

const HOUR_MS = 3_600_000;
let store: Store;
let nowMs = Date.UTC(2026, 0, 1);
const keys = () => accessKeysOf({ store, nowMs: () => nowMs });

beforeAll(async () => {
  store = await borrowStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.write([store.db.delete(accessKeys)]);
  nowMs += HOUR_MS;
});

const SHOP = { name: 'shop', scopes: ['rank', 'events'] } as const;
const auditOf = () => store.db.all<{ action: string; subject: string }>('select * from audit');

describe('a key', () => {
  test('is told once and stored as a hash, and its beginning says whether pages may show it', async () => {
    const shop = await keys().create({ ...SHOP, origins: ['https://shop.example'] }, 'anna');
    const robot = await keys().create({ name: 'robot', scopes: ['rank', 'read'] }, 'anna');
    expect([shop.slice(0, 3), robot.slice(0, 3)]).toEqual(['pk_', 'sk_']);
    const stored = JSON.stringify([await store.db.select().from(accessKeys), await auditOf()]);
    for (const key of [shop, robot]) {
      expect(stored).not.toContain(key);
      expect(stored).not.toContain(key.slice(3));
      expect(stored).toContain(keyHash(key));
    }
    expect(await keys().holder(shop)).toEqual(SHOP);
  });

  test.each([
    ['no scope', { name: 'x', scopes: [] }],
    [
      'origins of what is no key of pages',
      { name: 'x', scopes: ['read'], origins: ['https://a.example'] },
    ],
    ['a path for an origin', { ...SHOP, origins: ['https://shop.example/page'] }],
    ['another scheme', { ...SHOP, origins: ['file:///'] }],
    ['no address', { ...SHOP, origins: ['shop'] }],
  ] as const)('is refused with %s', async (_, asked) => {
    await expect(keys().create(asked, 'anna')).rejects.toMatchObject({ status: 400 });
    expect(await keys().list()).toEqual([]);
  });

  test('of a name that there is, or was, is not made; of many at once one is', async () => {
    const made = await Promise.allSettled(
      Array.from({ length: 8 }, () => keys().create(SHOP, 'anna')),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await keys().revoke('shop', 'anna');
    await expect(keys().create(SHOP, 'anna')).rejects.toMatchObject({ status: 409 });
  });

  test('that was revoked opens nothing from that instant on, and neither do those before it', async () => {
    const first = await keys().create(SHOP, 'anna');
    const { key: second } = await keys().rotate('shop', HOUR_MS, 'anna');
    expect(await keys().revoke('shop', 'bea')).toBe(2);
    for (const key of [first, second]) expect(await keys().holder(key)).toBeUndefined();
    expect((await keys().inForce()).keys).toEqual([]);
    expect(await keys().revoke('shop', 'bea')).toBe(0);
    await expect(keys().rotate('shop', 0, 'bea')).rejects.toMatchObject({ status: 404 });
    await expect(keys().revoke('another', 'bea')).rejects.toMatchObject({ status: 404 });
  });

  test('that was rotated goes on for the overlap, with one that may do the same', async () => {
    const before = await keys().create({ ...SHOP, origins: ['https://shop.example'] }, 'anna');
    const { key: after, until } = await keys().rotate('shop', 24 * HOUR_MS, 'anna');
    const began = nowMs;
    nowMs = until - 1;
    for (const key of [before, after]) expect(await keys().holder(key)).toEqual(SHOP);
    const listed = await keys().inForce();
    expect(listed.keys.map(({ origins }) => origins)).toEqual([
      ['https://shop.example'],
      ['https://shop.example'],
    ]);
    nowMs = until;
    expect(await keys().holder(before)).toBeUndefined();
    expect(await keys().holder(after)).toEqual(SHOP);
    nowMs = began;
    // Rotating again prolongs nothing.
    await keys().rotate('shop', 48 * HOUR_MS, 'anna');
    nowMs = until;
    expect(await keys().holder(before)).toBeUndefined();
  });

  test('is noted as used once a minute at most, however often it is', async () => {
    const key = await keys().create(SHOP, 'anna');
    let writes = 0;
    const counting = accessKeysOf({
      store: {
        ...store,
        write: (statements) => {
          writes++;
          return store.write(statements);
        },
      },
      nowMs: () => nowMs,
    });
    const lastUsed = async () => (await keys().list())[0].lastUsedAt;
    expect(await lastUsed()).toBeNull();
    const began = nowMs;
    for (; nowMs < began + 119_000; nowMs += 1000) await counting.holder(key);
    expect(writes).toBe(2);
    expect(await lastUsed()).toBe(began + 60_000);
  });
});

test('every change is a greater revision, and in the audit log', async () => {
  const revisions = [await keys().revision()];
  const look = async () => revisions.push(await keys().revision());
  await keys().create(SHOP, 'anna');
  await look();
  await keys().rotate('shop', HOUR_MS, 'anna');
  await look();
  await keys().create({ name: 'robot', scopes: [...SCOPES] }, 'anna');
  await look();
  await keys().revoke('shop', 'anna');
  await look();
  expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
  const actions = (await auditOf()).map(({ action, subject }) => `${action} ${subject}`);
  expect(actions.slice(-4)).toEqual([
    'create key shop',
    'rotate key shop',
    'create key robot',
    'revoke key shop',
  ]);
});

test('after the database was restored, what was revoked since stays so', async () => {
  const shop = await keys().create(SHOP, 'anna');
  const robot = await keys().create({ name: 'robot', scopes: ['read'] }, 'anna');
  const copy = await store.db.select().from(accessKeys);
  nowMs += HOUR_MS;
  await keys().revoke('robot', 'anna');
  const atEdge = parseKeyList(JSON.stringify(await keys().inForce()))!;
  await store.write([store.db.delete(accessKeys), store.db.insert(accessKeys).values(copy)]);
  expect(await keys().holder(robot)).toBeDefined();
  expect(await keys().catchUp(atEdge)).toEqual(['robot']);
  expect(await keys().holder(robot)).toBeUndefined();
  expect(await keys().holder(shop)).toBeDefined();
  expect(await keys().revision()).toBeGreaterThan(atEdge.revision);
});
