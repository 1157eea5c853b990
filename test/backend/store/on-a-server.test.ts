import { join } from 'node:path';
import * as fc from 'fast-check';
import { createClient, type Client } from '@libsql/client';
import { sql } from 'drizzle-orm';
import Database from 'libsql';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { changedItems, lastRevision } from '../../../backend/catalogue/stored-items.ts';
import { upsertItems } from '../../../backend/catalogue/items.ts';
import { ingest } from '../../../backend/log/ingest/ingest.ts';
import { leaseOf } from '../../../backend/scheduler/lease.ts';
import { connect } from '../../../backend/store/connect.ts';
import { DatabaseBusy } from '../../../backend/store/database-busy.ts';
import { openStore, type Store } from '../../../backend/store/open.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { makeTrips } from '../../bench/support/trips.ts';
import { runs, SEED } from '../../shared/support/seed.ts';
import { NO_FAULTS, startHranaServer, type HranaServer } from '../../support/hrana/server.ts';
import { HranaStream } from '../../support/hrana/stream.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { batchOf } from '../support/batches.ts';

let server: HranaServer;
let store: Store;
const opened: { close(): unknown }[] = [];

beforeEach(async () => {
  server = await startHranaServer(join(temporaryFolder(), 'served.db'), 'the-token');
  store = await openStore({ url: server.url, authToken: 'the-token' });
});
afterEach(async () => {
  Object.assign(server.faults, NO_FAULTS);
  for (const one of opened.splice(0)) await one.close();
  await store.close();
  await server.close();
});

const client = (): Client => {
  const own = connect({ url: server.url, authToken: 'the-token' });
  opened.push(own);
  return own;
};
const another = async (): Promise<Store> => {
  const own = await openStore({ url: server.url, authToken: 'the-token' });
  opened.push(own);
  return own;
};
const count = async (table: string): Promise<number> => {
  const [{ n }] = await store.db.all<{ n: number }>(sql.raw(`select count(*) as n from ${table}`));
  return n;
};

test('values are as those of a local file', async () => {
  const local = createClient({ url: 'file::memory:' });
  opened.push(local);
  const served = client();
  const value = fc.oneof(
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async (args) => {
      const asked = {
        sql: `select ${args.map((_, i) => `? as c${i}, typeof(?) as t${i}`).join(', ')}`,
        args: args.flatMap((one) => [one, one]),
      };
      const [here, there] = [await local.execute(asked), await served.execute(asked)];
      expect(there.columns).toEqual(here.columns);
      expect(there.rows.map((row) => Object.values(row))).toEqual(
        here.rows.map((row) => Object.values(row)),
      );
    }),
    { numRuns: runs(50), seed: SEED },
  );
  await expect(served.execute('selec 1')).rejects.toThrow('syntax error');
});

test('the token is asked for', async () => {
  const without = connect({ url: server.url });
  opened.push(without);
  await expect(without.execute('select 1')).rejects.toThrow('the token is not the one');
});

test('two backends write at the same time, all or nothing, and neither loses a write', async () => {
  const other = await another();
  await store.write([
    { toSQL: () => ({ sql: 'create table counted (n integer not null)', params: [] }) },
  ]);
  await store.write([{ toSQL: () => ({ sql: 'insert into counted values (0)', params: [] }) }]);
  const add = (by: Store) =>
    by.write([{ toSQL: () => ({ sql: 'update counted set n = n + 1', params: [] }) }]);
  await Promise.all(Array.from({ length: 60 }, (_, i) => add(i % 2 === 0 ? store : other)));
  await expect(
    other.write([
      { toSQL: () => ({ sql: 'update counted set n = n + 100', params: [] }) },
      { toSQL: () => ({ sql: 'insert into counted values (null)', params: [] }) },
    ]),
  ).rejects.toThrow('NOT NULL');
  const [{ n }] = await store.db.all<{ n: number }>(sql`select n from counted`);
  expect(n).toBe(60);
});

test(`batches are stored once through lost requests and lost answers (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const other = await another();
  for (let i = 0; i < 12; i++) {
    const batch = batchOf(`batch-${i}`, 7);
    let duplicates = 0;
    for (let tries = 0; ; tries++) {
      // The first try of every third is committed, and nobody is told; others meet one of the faults, when they read or when they write, or none.
      if (tries === 0 && i % 3 === 0) server.faults.lostAnswers = 1;
      else if (tries < 3)
        Object.assign(server.faults, {
          spared: Number(random() < 0.5),
          lostRequests: Number(random() < 0.4),
          unavailable: Number(random() < 0.3),
        });
      try {
        const { duplicate } = await ingest(random() < 0.5 ? store : other, batch, 5000 + i);
        duplicates += Number(duplicate);
        break;
      } catch (error) {
        if (tries > 20) throw error;
      }
    }
    expect(duplicates).toBe(i % 3 === 0 ? 1 : 0);
  }
  expect(await count('decisions')).toBe(12 * 7);
  expect(await count('events')).toBe(12 * 7);
});

test('a lease is held by one of several backends, also with answers that come late or never', async () => {
  server.faults.latencyMs = 5;
  const others = [store, await another(), await another()];
  const nowMs = Date.now;
  const leases = others.map((own, i) =>
    leaseOf(own, { name: 'one', holder: `backend ${i}`, ttlMs: 60_000, nowMs }),
  );
  const taken = await Promise.all(leases.map((lease) => lease.renew()));
  expect(taken.filter(Boolean)).toHaveLength(1);
  const holder = taken.indexOf(true);
  server.faults.lostAnswers = 1;
  await expect(leases[holder].renew()).rejects.toThrow('fetch failed');
  const again = await Promise.all(leases.map((lease) => lease.renew()));
  expect(again.map((isHeld, i) => isHeld && i !== holder)).not.toContain(true);
  expect(await leases[holder].renew()).toBe(true);
  await leases[holder].release();
  expect(await leases[(holder + 1) % 3].renew()).toBe(true);
});

test('what is read page by page is of one moment, whatever others write meanwhile', async () => {
  const trips = makeTrips(5200, 3);
  const reader = client();
  const from = await lastRevision(reader);
  await upsertItems(store, smarttrip, trips, 1);
  const last = await lastRevision(reader);
  server.faults.latencyMs = 30;
  const read = changedItems(reader, smarttrip, undefined, { from, since: from, most: 10_000 });
  const other = await another();
  const changed = trips.map((trip) => ({
    ...trip,
    attributes: { ...trip.attributes, price: 1 },
  }));
  await upsertItems(other, smarttrip, changed, 2);
  const items = (await read)!;
  expect(items).toHaveLength(trips.length);
  // It began before the change or after it, and saw no part of it.
  const cheap = items.filter(({ item }) => item?.attributes.price === 1).length;
  expect([0, trips.length]).toContain(cheap);
  if (cheap === 0) expect(Math.max(...items.map(({ revision }) => revision))).toBe(last);
});

test('while another client holds the database a write is refused as busy, and its transaction ends with its connection', async () => {
  const holder = client();
  const transaction = await holder.transaction('write');
  await transaction.execute("insert into pointers values ('held', '{}', 1)");
  await expect(
    store.write([{ toSQL: () => ({ sql: 'delete from pointers', params: [] }) }]),
  ).rejects.toThrow(DatabaseBusy);
  transaction.close();
  await store.write([{ toSQL: () => ({ sql: 'delete from items', params: [] }) }]);
  expect(await count('pointers')).toBe(0);
}, 60_000);

test('a transaction that waited for that of another stream is committed', async () => {
  // It holds every statement, so that none is ended by garbage collection.
  const prepared = vi.spyOn(Database.prototype, 'prepare');
  onTestFinished(() => prepared.mockRestore());
  const path = join(temporaryFolder(), 'waiting.db');
  const [holder, waiting] = [new HranaStream(path), new HranaStream(path)];
  opened.push(holder, waiting);
  const execute = (text: string) => holder.answer({ type: 'execute', stmt: { sql: text } });
  await execute('create table counted (n integer)');
  await execute('begin immediate');
  const steps = ['begin immediate', 'insert into counted values (1)', 'commit'];
  const written = waiting.answer({
    type: 'batch',
    batch: { steps: steps.map((text) => ({ stmt: { sql: text } })) },
  });
  await execute('rollback');
  expect(await written).toMatchObject({ result: { step_errors: [null, null, null] } });
});
