import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityKeys } from '../../../../shared/domain/identity.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { takeInBy } from '../../../../backend/log/ingest/take-in.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { s3Bucket } from '../../../../backend/log/stored-batches/bucket.ts';
import { noteBucket } from '../../../../backend/log/stored-batches/has-bucket.ts';
import {
  storedBatchesOf,
  type StoredBatchesDeps,
} from '../../../../backend/log/stored-batches/service.ts';
import { backendMetrics } from '../../../../backend/process/metrics.ts';
import { NO_TRACING } from '../../../../backend/process/tracing.ts';
import { openStore, type Store } from '../../../../backend/store/open.ts';
import { IDENTITY_SECRET, INGEST_SECRET } from '../../support/backend-config.ts';
import { batchOf } from '../../support/batches.ts';
import { keyedSession, keyedUser } from '../../support/keyed.ts';
import { putBatch, shardBatchId, startLogBucket } from '../../support/ways-in.ts';
import type { S3Server } from '../../../support/s3-server.ts';
import { until } from '../../../support/until.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { SEED } from '../../../shared/support/seed.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let store: Store;
let server: S3Server;
let folder: string;
let nowMs: number;
let said: string[];
let metrics = backendMetrics();
let deps: Omit<StoredBatchesDeps, 'backend'>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-'));
  store = await openStore({ url: `file:${folder}/trimtab.db` });
  const { server: started, location } = await startLogBucket();
  server = started;
  nowMs = Date.UTC(2026, 10, 30, 12);
  said = [];
  metrics = backendMetrics();
  deps = {
    bucket: s3Bucket(location),
    store,
    settings: { pollSeconds: 5, parallel: 3, keepHours: 24 },
    takeIn: takeInBy({ store, metrics, tracing: NO_TRACING, nowMs: () => nowMs }),
    metrics,
    ingestSecrets: [INGEST_SECRET],
    identity: identityKeys([IDENTITY_SECRET])[0],
    onFingerprint: () => undefined,
    nowMs: () => nowMs,
    log: (line) => said.push(line),
  };
});
afterEach(async () => {
  await store.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const backendNamed = (backend: string, changes: Partial<StoredBatchesDeps> = {}) =>
  storedBatchesOf({ ...deps, backend, ...changes });
const put = (shard: string, first: number, sealedAt = nowMs, secret?: string) =>
  putBatch(
    server,
    { ...batchOf(`${shard}-${first}`, 2), batchId: shardBatchId(shard, first) },
    {
      sealedAt,
      ...(secret !== undefined && { secret }),
    },
  );
const stored = async () => {
  const rows = await store.db.all<{ batchId: string }>(
    sql`select batchId from batches order by batchId`,
  );
  return rows.map(({ batchId }) => batchId);
};
const counts = async () => {
  const [row] = await store.db.all<{ decisions: number; events: number }>(
    sql`select (select count(*) from decisions) as decisions, (select count(*) from events) as events`,
  );
  return row;
};
const taskMarks = () =>
  store.db.all(sql`select * from log_marks where name like 'stored batches: %'`);
/** Keys of batches that are in the bucket. */
const left = () => [...server.objects.keys()].filter((key) => key.startsWith('log/v1/'));
const lists = () => server.calls.filter((call) => call === 'GET ').length;

test('takes each batch once, of every shard and day, and the next time what is new', async () => {
  const one = backendNamed('one');
  for (const shard of ['a.1', 'b.1'])
    for (const first of [1, 2, 3, 4, 5]) put(shard, first, nowMs - (first < 3 ? DAY_MS : 0));
  expect(await one.takeNew()).toBe(10);
  expect(await one.takeNew()).toBe(0);
  put('a.1', 6);
  put('c.1', 1, nowMs - 5 * DAY_MS);
  expect(await one.takeNew()).toBe(2);
  expect(await stored()).toHaveLength(12);
  expect(await counts()).toEqual({ decisions: 24, events: 24 });
});

test('backends share the work, and no batch is taken by two while leases hold', async () => {
  for (let shard = 0; shard < 6; shard++)
    for (let first = 1; first <= 8; first++) put(`s${shard}.1`, first);
  const takers = new Map<string, number>();
  const backends = ['one', 'two', 'three'].map((name) =>
    backendNamed(name, {
      takeIn: async (batch) => {
        takers.set(batch.batchId, (takers.get(batch.batchId) ?? 0) + 1);
        return deps.takeIn(batch);
      },
    }),
  );
  for (let round = 0; (await stored()).length < 48; round++) {
    expect(round).toBeLessThan(50);
    await Promise.all(backends.map((backend) => backend.takeNew()));
  }
  expect([...takers.values()].every((times) => times === 1)).toBe(true);
  expect(await counts()).toEqual({ decisions: 96, events: 96 });
});

test('one backend, too, takes a batch once, though its sweep comes to what it has in hand', async () => {
  put('a.1', 1);
  put('a.1', 2);
  const taken: string[] = [];
  let goOn!: () => void;
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
  const one = backendNamed('one', {
    takeIn: async (batch) => {
      taken.push(batch.batchId);
      if (taken.length === 1) await mayGoOn;
      return deps.takeIn(batch);
    },
  });
  const two = backendNamed('two', {
    takeIn: async (batch) => {
      taken.push(batch.batchId);
      return deps.takeIn(batch);
    },
  });
  const polled = one.takeNew();
  await until('the first batch is in hand', async () => taken.length === 1);
  const swept = one.sweep();
  await Promise.race([swept, sleep(300)]);
  // A lease that the sweep had released would be free for another one.
  expect(await two.takeNew()).toBe(0);
  goOn();
  expect(await polled).toBe(2);
  await swept;
  expect(taken).toEqual([shardBatchId('a.1', 1), shardBatchId('a.1', 2)]);
});

test('what a backend had in hand when it ended is taken by another once its lease is over', async () => {
  put('a.1', 1);
  put('a.1', 2);
  const never = new Promise<never>(() => undefined);
  let reached: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => (reached = resolve));
  void backendNamed('ended', {
    takeIn: () => {
      reached();
      return never;
    },
  }).takeNew();
  await hanging;
  const other = backendNamed('other');
  expect(await other.takeNew()).toBe(0);
  nowMs += 31_000;
  expect(await other.takeNew()).toBe(2);
});

test('a batch that came over HTTP as well, before or after, is stored once', async () => {
  const batches = [1, 2].map((first) => ({
    ...batchOf(`m-${first}`, 2),
    batchId: shardBatchId('m.1', first),
  }));
  await ingest(store, batches[0], nowMs);
  for (const batch of batches) putBatch(server, batch, { sealedAt: nowMs });
  const one = backendNamed('one');
  expect(await one.takeNew()).toBe(1);
  expect(await ingest(store, batches[1], nowMs)).toMatchObject({ duplicate: true });
  expect(await counts()).toEqual({ decisions: 4, events: 4 });
});

test('a key that a lagging list leaves out is taken though later ones were', async () => {
  const keys = [1, 2, 3, 4].map((first) => put('a.1', first));
  const one = backendNamed('one');
  server.faults = { isUnlisted: (key) => key === keys[1] };
  expect(await one.takeNew()).toBe(3);
  nowMs += 300_000;
  server.faults = {};
  expect(await one.takeNew()).toBe(1);
  // Longer than any mark waits: the sweep finds it.
  const late = put('a.1', 5);
  for (const first of [6, 7]) put('a.1', first);
  server.faults = { isUnlisted: (key) => key === late };
  for (let round = 0; round < 4; round++) {
    await one.takeNew();
    nowMs += HOUR_MS;
  }
  server.faults = {};
  await one.sweep();
  expect(await stored()).toHaveLength(7);
});

test('listing stays cheap: what is behind the mark is not listed again', async () => {
  for (let first = 1; first <= 30; first++) put('a.1', first);
  const one = backendNamed('one');
  await one.takeNew();
  nowMs += 700_000;
  await one.takeNew();
  server.calls.length = 0;
  put('a.1', 31);
  expect(await one.takeNew()).toBe(1);
  // Days, shards, and one page of three keys at most twice.
  expect(lists()).toBeLessThanOrEqual(4);
});

describe('what is not an edge of ours', () => {
  test('is refused, hinders nothing, is told of, and is taken once the secret is known', async () => {
    const secret = 'a new secret of the edge';
    put('a.1', 1);
    const forged = put('a.1', 2, nowMs, secret);
    put('a.1', 3);
    server.objects.set(`${forged}x`, Buffer.from('no batch'));
    const one = backendNamed('one');
    expect(await one.takeNew()).toBe(2);
    expect(await one.refused()).toMatchObject([{ key: forged }]);
    expect(said.join()).toMatch(/refused: log\/v1\/.*not signed by an edge/);
    expect(metrics.text()).toMatch(/^trimtab_ingest_refused_total 1$/m);
    nowMs += 3 * DAY_MS;
    await one.sweep();
    expect(left()).toContain(forged);
    // Also by one that starts anew, and though the mark is behind it.
    const informed = backendNamed('two', { ingestSecrets: [INGEST_SECRET, secret] });
    expect(await informed.takeNew()).toBe(1);
    expect(await informed.refused()).toEqual([]);
  });

  test('is told of no longer once it is deleted by hand, or was committed by another way', async () => {
    const secret = 'a new secret of the edge';
    // Taken, so that the mark stays before what follows it.
    put('a.1', 1);
    const deleted = put('a.1', 2, nowMs, secret);
    const committed = put('a.1', 3, nowMs, secret);
    const tooLarge = put('a.1', 4);
    server.objects.set(tooLarge, Buffer.alloc(16_000_001));
    const one = backendNamed('one');
    expect(await one.takeNew()).toBe(1);
    const refused = [{ key: deleted }, { key: committed }, { key: tooLarge }];
    expect(await one.refused()).toMatchObject(refused);
    nowMs += 61_000;
    expect(await one.takeNew()).toBe(0);
    expect(await one.refused()).toMatchObject(refused);
    for (const key of [deleted, tooLarge]) server.objects.delete(key);
    await deps.takeIn({ ...batchOf('a.1-3', 2), batchId: shardBatchId('a.1', 3) });
    nowMs += 61_000;
    expect(await one.takeNew()).toBe(0);
    expect(await one.refused()).toEqual([]);
  });

  test('is told of no longer once the last object of its day and shard is deleted by hand', async () => {
    const last = put('a.1', 1, nowMs - 5 * DAY_MS, 'a new secret of the edge');
    const one = backendNamed('one');
    await one.takeNew();
    expect(await one.refused()).toMatchObject([{ key: last }]);
    server.objects.delete(last);
    nowMs += HOUR_MS;
    await one.sweep();
    expect(await one.refused()).toEqual([]);
    expect(await taskMarks()).toEqual([]);
  });

  test('cannot bring a batch in again under another key', async () => {
    const key = put('a.1', 1);
    const moved = key.replace('shard=a.1', 'shard=z.9');
    server.objects.set(moved, server.objects.get(key)!);
    const one = backendNamed('one');
    expect(await one.takeNew()).toBe(1);
    expect(await one.refused()).toMatchObject([{ key: moved }]);
  });
});

test.each([409, 412])(
  'a lease that is refused with %i is not held, and nothing fails',
  async (status) => {
    put('a.1', 1);
    const one = backendNamed('one');
    server.faults = { refuses: (method) => (method === 'PUT' ? status : undefined) };
    expect(await one.takeNew()).toBe(0);
    server.faults = {};
    expect(await one.takeNew()).toBe(1);
  },
);

test('a batch that the database has no time for is taken later', async () => {
  put('a.1', 1);
  let isBusy = true;
  const one = backendNamed('one', {
    takeIn: (batch) => (isBusy ? Promise.reject(new Error('busy')) : deps.takeIn(batch)),
  });
  await expect(one.takeNew()).rejects.toThrow('busy');
  isBusy = false;
  expect(await one.takeNew()).toBe(1);
});

test('what a visitor erased is erased though the backend ends as soon as their batch is committed', async () => {
  const { decisions, events } = batchOf('e-1', 2);
  const sessionId = keyedSession('session-1');
  // As it is shipped: among the events.
  const asked = { ...events[0], type: 'erase', eventId: 'asked', sessionId, placement: 'home' };
  const batch = { decisions, events: [...events, asked as CollectedEvent] };
  putBatch(server, { ...batch, batchId: shardBatchId('e.1') }, { sealedAt: nowMs });
  const ending: Store = Object.assign(Object.create(store) as Store, {
    write: async (...given: Parameters<Store['write']>) => {
      if ((await stored()).length > 0) throw new Error('it ended');
      return store.write(...given);
    },
  });
  const takeIn = takeInBy({ store: ending, metrics, tracing: NO_TRACING, nowMs: () => nowMs });
  await backendNamed('ended', { takeIn })
    .takeNew()
    .catch(() => undefined);
  await backendNamed('other').takeNew();
  expect(await stored()).toHaveLength(1);
  const rows = await store.db.all(
    sql`select rankingId from decisions where sessionId = ${sessionId}`,
  );
  expect(rows).toEqual([]);
  expect(await store.db.all(sql`select kind from erasures`)).toEqual([{ kind: 'session' }]);
});

test('nothing is deleted before it is committed and old, and a restored database takes it in again', async () => {
  const old = put('a.1', 1, nowMs - 25 * HOUR_MS);
  const young = put('a.1', 2, nowMs - HOUR_MS);
  const one = backendNamed('one', { takeIn: () => Promise.reject(new Error('busy')) });
  await expect(one.sweep()).rejects.toThrow('busy');
  expect(left()).toEqual([old, young]);
  const two = backendNamed('two');
  expect(await two.sweep()).toMatchObject({ deleted: 1 });
  expect(left()).toEqual([young]);
  expect(await stored()).toHaveLength(2);
  // As a backup from before it was.
  for (const table of ['batches', 'decisions', 'events', 'log_marks'])
    await store.write([{ toSQL: () => ({ sql: `delete from ${table}`, params: [] }) }]);
  expect(await two.takeNew()).toBe(1);
  expect(await counts()).toEqual({ decisions: 2, events: 2 });
});

test('of several backends one sweeps each hour, and none is missed though the one that did ends', async () => {
  const names = ['one', 'two', 'three'];
  const living = new Set(names);
  const backends = names.map((name, i) => ({ name, look: i, backend: backendNamed(name) }));
  const began: number[] = [];
  const sweptBy = new Set<string>();
  for (let minute = 0; minute <= 24 * 60; minute++) {
    for (const { name, look, backend } of backends) {
      if (!living.has(name) || minute % 5 !== look) continue;
      const swept = await backend.sweepIfDue();
      if (swept === undefined) continue;
      began.push(minute);
      sweptBy.add(name);
      // Whoever has just swept ends, so that another one has to sweep next time; a new one may come for it.
      if (began.length % 5 === 0) {
        for (const one of names) living.add(one);
        living.delete(name);
      }
    }
    nowMs += 60_000;
  }
  expect(sweptBy.size).toBeGreaterThan(1);
  expect(began.length).toBeLessThanOrEqual((24 * 60) / 55 + 1);
  expect(Math.max(...began.slice(1).map((minute, i) => minute - began[i]))).toBeLessThanOrEqual(60);
});

test('a sweep that a backend ended in, or that failed, is made by another within minutes', async () => {
  put('a.1', 1, nowMs - HOUR_MS);
  const never = new Promise<never>(() => undefined);
  let reached: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => (reached = resolve));
  void backendNamed('ended', {
    takeIn: () => {
      reached();
      return never;
    },
  }).sweepIfDue();
  await hanging;
  const failing = backendNamed('failing', { takeIn: () => Promise.reject(new Error('busy')) });
  const other = backendNamed('other');
  expect(await other.sweepIfDue()).toBeUndefined();
  nowMs += 5 * 60_000;
  await expect(failing.sweepIfDue()).rejects.toThrow('busy');
  // Reading every key is dear: it waits as long as before, and the others do not.
  expect(await failing.sweepIfDue()).toBeUndefined();
  expect(await other.sweepIfDue()).toMatchObject({ problems: [] });
  expect(await stored()).toHaveLength(1);
  expect(await other.sweepIfDue()).toBeUndefined();
  // A clock that was wrong keeps nobody from it.
  nowMs -= DAY_MS;
  expect(await other.sweepIfDue()).toMatchObject({ problems: [] });
});

test('a batch that cannot be stored keeps no other in the bucket for longer', async () => {
  const stuck = put('a.1', 1, nowMs - 3 * DAY_MS);
  put('b.1', 1, nowMs - 2 * DAY_MS);
  const one = backendNamed('one', {
    takeIn: (batch) =>
      batch.batchId.startsWith('a.') ? Promise.reject(new Error('busy')) : deps.takeIn(batch),
  });
  await expect(one.sweep()).rejects.toThrow('busy');
  expect(left()).toEqual([stuck]);
});

test('of days that are over nothing is left: no object, mark or lease', async () => {
  put('a.1', 1, nowMs - 5 * DAY_MS);
  const one = backendNamed('one');
  await one.takeNew();
  nowMs += 700_000;
  await one.takeNew();
  await one.sweep();
  expect([...server.objects.keys()].filter((key) => !key.endsWith('/sweep'))).toEqual([]);
  expect(await taskMarks()).toEqual([]);
});

test('a receipt of an erasure is complete once what was sealed before it is gone from the bucket', async () => {
  const one = backendNamed('one');
  await noteBucket(store, true, nowMs, () => undefined);
  const gone = keyedUser('user-gone');
  putBatch(
    server,
    { ...batchOf('g-1', 2, 'user-gone'), batchId: shardBatchId('g.1') },
    { sealedAt: nowMs - HOUR_MS },
  );
  await one.takeNew();
  await deleteUser(store, gone, 'operator', nowMs);
  const receipt = async () => {
    const [row] = await store.db.all<{ batchesAt: number | null }>(
      sql`select batchesAt from erasures`,
    );
    return row.batchesAt;
  };
  expect(await receipt()).toBeNull();
  // Even where no list has what was put a moment ago.
  server.faults = { isUnlisted: () => true };
  await one.sweep();
  expect(await receipt()).toBeNull();
  server.faults = {};
  await one.sweep();
  expect(await receipt()).toBeNull();
  nowMs += 24 * HOUR_MS;
  await one.sweep();
  expect(left()).toEqual([]);
  expect(await receipt()).toBe(nowMs);
});

test('receipts wait for the bucket no more once it was empty and a backend starts without it', async () => {
  const without = () => noteBucket(store, false, nowMs, (line) => said.push(line));
  const deleteOne = async (user: string) => {
    await deleteUser(store, keyedUser(user), 'operator', nowMs);
    const rows = await store.db.all<{ batchesAt: number | null }>(
      sql`select batchesAt from erasures order by deletion`,
    );
    return rows.map(({ batchesAt }) => batchesAt);
  };
  const one = backendNamed('one');
  await without();
  expect(await deleteOne('before')).toEqual([0]);
  await noteBucket(store, true, nowMs, () => undefined);
  put('a.1', 1);
  await one.sweep();
  await without();
  expect(said.join()).toMatch(/not empty when it was last read/);
  expect(await deleteOne('while it is not empty')).toEqual([0, null]);
  nowMs += 25 * HOUR_MS;
  await one.sweep();
  expect(await deleteOne('while it is read')).toEqual([0, nowMs, null]);
  nowMs += 1;
  await without();
  expect(await deleteOne('afterwards')).toEqual([0, nowMs - 1, nowMs, 0]);
});

test(`whatever goes wrong on the way to the bucket, each batch is stored once (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const chance = (p: number) => random() < p;
  const backends = ['one', 'two'].map((name) => backendNamed(name));
  const sealed: string[] = [];
  server.faults = {
    losesAnswer: (method) => method === 'PUT' && chance(0.1),
    sendsTwice: () => chance(0.1),
    isUnlisted: () => chance(0.2),
    delayMs: () => (chance(0.1) ? 5 : 0),
  };
  for (let round = 0; round < 12; round++) {
    for (let shard = 0; shard < 3; shard++) {
      put(`s${shard}.1`, round + 1, nowMs);
      sealed.push(shardBatchId(`s${shard}.1`, round + 1));
    }
    if (chance(0.3)) server.failures = 1;
    await Promise.all(backends.map((backend) => backend.takeNew().catch(() => undefined)));
    // As where a backend was away for longer than its leases.
    nowMs += chance(0.3) ? 60_000 : 5000;
  }
  server.faults = {};
  server.failures = 0;
  nowMs += 60_000;
  for (const backend of backends) {
    await backend.takeNew();
    await backend.sweep();
  }
  expect(await stored()).toEqual(sealed.toSorted());
  expect(await counts()).toEqual({ decisions: 72, events: 72 });
});
