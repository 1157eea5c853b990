import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendWeights, chainOf } from '../../../backend/reward/history.ts';
import { setMetricWeights, withdrawOverride } from '../../../backend/reward/override.ts';
import { verifyHistory } from '../../../backend/reward/verify.ts';
import { hashOfWeights } from '../../../backend/reward/weights-hash.ts';
import { openStore } from '../../../backend/store/open.ts';
import { metricWeights } from '../../../backend/store/tables.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { openTestStore, type TestStore } from './support/open-test-store.ts';

let store: TestStore;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const NOW = 1_790_000_000_000;
const boats = { ...smarttrip, name: 'boats' };
const set = (booking: number, schema = smarttrip) =>
  setMetricWeights(
    store,
    schema,
    { weights: { click: 1, booking }, author: 'ana', reason: `bookings are ${booking}` },
    NOW + booking,
    { rewardPolicy: 'fixed' },
  );

/** Five rows of one schema with another schema's between them. */
async function fill(): Promise<void> {
  for (const booking of [2, 3, 4]) await set(booking);
  await set(9, boats);
  await withdrawOverride(store, 'smarttrip', { author: 'bo', reason: 'too much' }, NOW + 50);
  await set(5);
}

test('a history that nobody touched is intact, each schema by itself', async () => {
  expect(await verifyHistory(store, 'smarttrip')).toMatchObject({ intact: true, head: null });
  await fill();
  expect(await verifyHistory(store, 'smarttrip')).toMatchObject({
    intact: true,
    rows: 5,
    unhashed: 0,
    head: expect.stringMatching(/^[0-9a-f]{64}$/),
    faults: [],
  });
  expect(await verifyHistory(store, 'boats')).toMatchObject({ intact: true, rows: 1 });
});

describe('what somebody does to the history is found and named:', () => {
  test.each([
    ['weights', `'{"click":1,"booking":30}'`],
    ['author', `'eve'`],
    ['reason', `'another'`],
    ['createdAt', '1'],
    ['expiresAt', '1'],
    ['source', `'learned'`],
    ['method', `'surrogate'`],
    ['experimentId', `'exp_1'`],
    ['details', `'{}'`],
    ['previousHash', 'null'],
    ['hash', `'${'0'.repeat(64)}'`],
  ])('a changed %s', async (column, value) => {
    await fill();
    await store.tamper(`update metric_weights set "${column}" = ${value} where id = 3`);
    const { intact, faults } = await verifyHistory(store, 'smarttrip');
    expect(intact).toBe(false);
    expect(faults).toContainEqual(expect.objectContaining({ id: 3, fault: 'changed' }));
    expect(faults[0].message).toMatch(/row 3 is not what its hash was made of/);
  });

  test.each([
    ['weights that say something twice', 'weights', `'{"click":9,' || substr(weights, 2)`],
    ['details that SQLite reads otherwise', 'details', `'{"withdraws":1,' || substr(details, 2)`],
    ['details with a blank behind', 'details', `details || ' '`],
    ['weights that are no JSON', 'weights', `'{'`],
    ['details that are another kind of JSON', 'details', `'null'`],
  ])('%s', async (_, column, value) => {
    await fill();
    await store.tamper(`update metric_weights set "${column}" = ${value} where id = 3`);
    const { faults } = await verifyHistory(store, 'smarttrip');
    expect(faults).toContainEqual(expect.objectContaining({ id: 3, fault: 'changed' }));
  });

  test('a changed id', async () => {
    await fill();
    await store.tamper('update metric_weights set id = 30 where id = 6');
    const { faults } = await verifyHistory(store, 'smarttrip');
    expect(faults).toContainEqual(expect.objectContaining({ id: 30, fault: 'changed' }));
  });

  test('a row that changed its schema is missed in one and strange in the other', async () => {
    await fill();
    await store.tamper(`update metric_weights set schemaName = 'boats' where id = 3`);
    expect((await verifyHistory(store, 'smarttrip')).faults).toContainEqual(
      expect.objectContaining({ id: 3, fault: 'missing' }),
    );
    expect((await verifyHistory(store, 'boats')).faults).toContainEqual(
      expect.objectContaining({ id: 3, fault: 'changed' }),
    );
  });

  test('a removed row', async () => {
    await fill();
    await store.tamper('delete from metric_weights where id = 2');
    const { faults } = await verifyHistory(store, 'smarttrip');
    expect(faults.map(({ id, fault }) => [id, fault])).toEqual([
      [3, 'unlinked'],
      [2, 'missing'],
    ]);
  });

  test.each([
    ['the newest row', 'id = 6', [6]],
    ['all rows', 'id > 0', [1, 2, 3, 5, 6]],
  ])('a cut tail: %s', async (_, where, missing) => {
    await fill();
    await store.tamper(`delete from metric_weights where ${where}`);
    const { faults } = await verifyHistory(store, 'smarttrip');
    expect(faults.map(({ id, fault }) => [id, fault])).toEqual(
      missing.map((id) => [id, 'missing']),
    );
  });

  test('a cut tail that was written on', async () => {
    await fill();
    await store.tamper('delete from metric_weights where id = 6');
    const { row } = await set(8);
    expect(row!.id).toBe(7);
    expect((await verifyHistory(store, 'smarttrip')).faults).toMatchObject([
      { id: 6, fault: 'missing' },
    ]);
  });

  test('two rows that changed places', async () => {
    await fill();
    await store.tamper(
      'update metric_weights set id = 100 where id = 2',
      'update metric_weights set id = 2 where id = 3',
      'update metric_weights set id = 3 where id = 100',
    );
    const { faults } = await verifyHistory(store, 'smarttrip');
    expect(new Set(faults.map(({ id, fault }) => `${id} ${fault}`))).toEqual(
      new Set(['2 changed', '2 unlinked', '3 changed', '3 unlinked', '5 unlinked']),
    );
  });

  test('a forged row with a hash that fits neither it nor the chain', async () => {
    await fill();
    await store.tamper(`insert into metric_weights
      (schemaName, weights, author, reason, createdAt, source, method, details, previousHash, hash)
      select schemaName, '{"click":9}', 'eve', reason, createdAt, source, method, details, 'aa', 'bb'
      from metric_weights where id = 6`);
    const { faults } = await verifyHistory(store, 'smarttrip');
    expect(faults.map(({ id, fault }) => [id, fault])).toEqual([
      [7, 'changed'],
      [7, 'unlinked'],
      [7, 'unannounced'],
    ]);
  });

  test('a forged row that is chained rightly: the audit log does not know it', async () => {
    await fill();
    const last = (await Array.fromAsync(chainOf(store, 'smarttrip'))).at(-1)!;
    const forged = { ...last, id: 7, weights: { click: 9 }, previousHash: last.hash };
    await store.write([
      store.db.insert(metricWeights).values({ ...forged, hash: hashOfWeights(forged) }),
    ]);
    const { faults } = await verifyHistory(store, 'smarttrip');
    expect(faults.map(({ id, fault }) => [id, fault])).toEqual([[7, 'unannounced']]);
  });

  test('a forged row without a hash', async () => {
    await fill();
    await store.tamper(`insert into metric_weights (schemaName, weights, author, reason, createdAt)
      values ('smarttrip', '{"click":9}', 'eve', 'none', 1)`);
    expect((await verifyHistory(store, 'smarttrip')).faults).toMatchObject([
      { id: 7, fault: 'unhashed' },
    ]);
  });

  test('rows from before hashes were kept are vouched for by the first that has one', async () => {
    await store.tamper(`insert into metric_weights (schemaName, weights, author, reason, createdAt)
      values ('smarttrip', '{"click":2}', 'ana', 'old', 1), ('smarttrip', '{"click":3}', 'ana', 'old', 2)`);
    expect(await verifyHistory(store, 'smarttrip')).toMatchObject({ intact: true, unhashed: 2 });
    await set(5);
    expect(await verifyHistory(store, 'smarttrip')).toMatchObject({ intact: true, unhashed: 2 });
    await store.tamper(`update metric_weights set weights = '{"click":4}' where id = 1`);
    expect((await verifyHistory(store, 'smarttrip')).faults).toMatchObject([
      { id: 3, fault: 'unlinked' },
    ]);
  });
});

test('writers at the same time, of two backends, do not fork the chain', async () => {
  const other = await openStore({ url: store.url });
  const rows = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      appendWeights(
        i % 2 === 0 ? store : other,
        {
          schemaName: 'smarttrip',
          weights: { click: 1 + i },
          author: 'ana',
          reason: 'a race',
          expiresAt: null,
          source: 'learned',
          method: 'surrogate',
          experimentId: null,
          details: { at: i },
        },
        { action: 'learn metric weights', details: {} },
        NOW,
      ),
    ),
  );
  await other.close();
  expect(new Set(rows.map(({ id }) => id)).size).toBe(12);
  expect(new Set(rows.map(({ previousHash }) => previousHash)).size).toBe(12);
  expect(await verifyHistory(store, 'smarttrip')).toMatchObject({ intact: true, rows: 12 });
});
