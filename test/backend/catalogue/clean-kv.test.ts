import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kvCleaning } from '../../../backend/catalogue/clean-kv.ts';
import { edgeKv } from '../../../backend/models/edge-kv.ts';
import { livePointerService } from '../../../backend/models/live-pointer-service.ts';
import { publisher as publisherOf } from '../../../backend/models/publisher.ts';
import { versions as versionsOf } from '../../../backend/models/versions.ts';
import { leaseOf } from '../../../backend/scheduler/lease.ts';
import { audit, experiments, publications, snapshots } from '../../../backend/store/tables.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { Placement } from '../../../shared/domain/placement.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';
import { startKvServer, type KvServer } from '../support/kv-server.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SECRET = 'sk of this test';

let server: KvServer;
let store: BorrowedStore;
let nowMs: number;
beforeEach(async () => {
  [server, store] = [await startKvServer(SECRET), await borrowStore()];
  nowMs = Date.UTC(2026, 9, 1);
});
afterEach(async () => {
  await store.close();
  await server.close();
});

const kvOf = () => edgeKv({ edgeUrl: server.url, secretKey: SECRET, retryPausesMs: [] });
const clock = () => nowMs;
const publisher = () => publisherOf(kvOf(), store, 0, clock);
const ALWAYS = sql`true`;

/** A process of its own, as nothing of it is kept in memory. */
const clean = (changes: { keepVersions?: number; kv?: ReturnType<typeof kvOf> } = {}) =>
  kvCleaning({
    store,
    kv: changes.kv ?? kvOf(),
    settings: { keepHours: 24, keepVersions: changes.keepVersions ?? 1 },
    retentionDays: 120,
    settleMs: 0,
    nowMs: clock,
  }).clean(ALWAYS);

/** Marks, waits for as long as is kept, and deletes. */
async function cleanTwice(changes?: Parameters<typeof clean>[0]): Promise<number> {
  await clean(changes);
  nowMs += DAY_MS;
  return clean(changes);
}

async function service() {
  const versions = versionsOf(store, clock);
  await versions.ensureRules(smarttrip);
  const pointer = livePointerService({
    store,
    publisher: publisher(),
    versions,
    traffic: async () => ({}),
    beforeRelease: async () => {},
    moving: leaseOf(store, { name: 'pointer', holder: 'test', ttlMs: 15_000, nowMs: clock }),
    settleMs: 0,
    nowMs: clock,
    onMoved: () => {},
  });
  await pointer.reconcile();
  const add = async (): Promise<Version> => {
    const { version: _, ...scorer } = additiveFromPoints(smarttrip, smarttrip.rules, {
      version: 'v000000' as Version,
      name: 'added',
    });
    const version = await versions.add(scorer, {});
    await publisher().publishVersion(version);
    return version;
  };
  return { pointer, add };
}

/** @param name a hexadecimal digit, of which its hash is made. */
async function publishSnapshot(name: string, schemaHash: string = smarttrip.hash) {
  const hash = name.repeat(32);
  const bytes = new TextEncoder().encode(`catalogue ${hash}`);
  const { parts, sizeBytes } = await publisher().publishSnapshot(hash, bytes, nowMs, false);
  const row = { hash, schemaHash, items: 1, sizeBytes, parts, publishedAt: nowMs };
  await store.write([
    store.db.insert(snapshots).values(row).onConflictDoUpdate({ target: snapshots.hash, set: row }),
  ]);
  nowMs += 1000;
}

const inKv = (): string[] => [...server.values.keys()].filter((key) => !key.endsWith('/active'));
const hashesInKv = () =>
  inKv().flatMap((key) => (key.startsWith('CATALOGUE/s/') ? key.split('/')[2][0] : []));
const versionsInKv = () =>
  inKv().flatMap((key) => (key.startsWith('WEIGHTS/w/') ? key.split('/')[2] : []));

test('of snapshots the live one, the one before it and the newest of each schema stay', async () => {
  await service();
  await publishSnapshot('e', 'of no version');
  for (const hash of ['a', 'b', 'c', 'd']) await publishSnapshot(hash);
  expect(await clean()).toBe(0);
  nowMs += DAY_MS - 1;
  expect(await clean()).toBe(0);
  nowMs += 1;
  expect(await clean()).toBe(3);
  expect(hashesInKv()).toEqual(['c', 'd']);
  const entries = await store.db.select().from(audit);
  const deleted = entries.filter(({ action }) => action === 'delete from KV');
  expect(deleted.map(({ subject }) => subject).toSorted()).toEqual(
    ['a', 'b', 'e'].map((name) => `CATALOGUE/s/${name.repeat(32)}/0`),
  );
  expect(await cleanTwice()).toBe(0);
});

test('what was live for months is as new as what was live for a minute when it is superseded', async () => {
  await service();
  for (const hash of ['a', 'b']) await publishSnapshot(hash);
  nowMs += 90 * DAY_MS;
  expect(await clean()).toBe(0);
  for (const hash of ['c', 'd']) await publishSnapshot(hash);
  expect(await clean()).toBe(0);
  expect(hashesInKv()).toEqual(['a', 'b', 'c', 'd']);
  nowMs += DAY_MS;
  await clean();
  expect(hashesInKv()).toEqual(['c', 'd']);
});

test('a pointer that somebody moved by hand keeps the snapshot that it names', async () => {
  await service();
  for (const hash of ['a', 'b', 'c', 'd']) await publishSnapshot(hash);
  const pointer = { hash: 'a'.repeat(32), parts: 1, sizeBytes: 11, at: nowMs };
  server.values.set('CATALOGUE/active', Buffer.from(JSON.stringify(pointer)));
  await cleanTwice();
  expect(hashesInKv()).toEqual(['a', 'c', 'd']);
});

test.each([
  ['is gone', undefined],
  ['is damaged', 'not a pointer'],
])('nothing is deleted while the pointer of the catalogue %s', async (_, text) => {
  await service();
  for (const hash of ['a', 'b', 'c']) await publishSnapshot(hash);
  await clean();
  if (text === undefined) server.values.delete('CATALOGUE/active');
  else server.values.set('CATALOGUE/active', Buffer.from(text));
  nowMs += DAY_MS;
  expect(await clean()).toBe(0);
  expect(hashesInKv()).toEqual(['a', 'b', 'c']);
});

test('versions that were never live go; the rules, the newest, and all that were live or on trial stay', async () => {
  const { pointer, add } = await service();
  const [never, wasLive, onTrial, byHand] = [await add(), await add(), await add(), await add()];
  await publishSnapshot('a');
  await pointer.promote(wasLive, 'ana');
  await store.write([
    store.db.insert(experiments).values({
      id: 'e1',
      name: 'trial',
      layer: 'main',
      salt: 's',
      rangeFrom: 0,
      rangeTo: 1,
      traffic: 1,
      arms: [
        { name: 'control', weight: 1 },
        { name: 'bold', weight: 1, version: onTrial },
      ],
      metrics: [],
      guardrails: [],
      minimumPerArm: 1,
      status: 'running',
      createdAt: nowMs,
    }),
  ]);
  const [alsoNever, newest] = [await add(), await add()];
  server.values.set('WEIGHTS/active', Buffer.from(byHand));
  await cleanTwice();
  expect(versionsInKv()).toEqual(['v000000', wasLive, onTrial, byHand, newest]);
  expect([never, alsoNever].some((version) => versionsInKv().includes(version))).toBe(false);
});

test('a version that was live before the retention goes; the one that was live as it began stays', async () => {
  const { pointer, add } = await service();
  const [before, asItBegan, live, newest] = [await add(), await add(), await add(), await add()];
  await publishSnapshot('a');
  await pointer.promote(before, 'ana');
  nowMs += DAY_MS;
  await pointer.promote(asItBegan, 'ana');
  nowMs += 130 * DAY_MS;
  await pointer.promote(live, 'ana');
  await cleanTwice();
  expect(versionsInKv()).toEqual(['v000000', asItBegan, live, newest]);
});

test('what was live at a placement stays as well, and the champion beside it, however long the pointer is', async () => {
  const { pointer, add } = await service();
  const [never, asItBegan, atHome, byHand] = [await add(), await add(), await add(), await add()];
  const [live, liveAtHome, newest] = [await add(), await add(), await add()];
  await publishSnapshot('a');
  await pointer.promote(asItBegan, 'ana');
  // So many and with such names that the audit log cuts their text off.
  const others = Array.from({ length: 15 }, (_, i) => `a-${i}-${'x'.repeat(58)}`);
  for (const placement of [...others, 'home'])
    await pointer.begin(placement as Placement, 'v000000' as Version, 'somebody with a long name');
  expect(server.text('WEIGHTS/active')!.length).toBeGreaterThan(2000);
  await pointer.promote(atHome, 'ana', 'home');
  nowMs += 130 * DAY_MS;
  await pointer.promote(live, 'ana');
  const found = JSON.parse(server.text('WEIGHTS/active')!);
  const home = { ...found.placements.home, champion: byHand };
  const moved = JSON.stringify({ ...found, placements: { ...found.placements, home } });
  server.values.set('WEIGHTS/active', Buffer.from(moved));
  await pointer.reconcile();
  await pointer.rollback(liveAtHome, 'ana', 'home');
  await pointer.release('ana');
  await pointer.promote(newest, 'ana');
  await cleanTwice();
  expect(versionsInKv()).not.toContain(never);
  expect(versionsInKv()).toEqual(
    expect.arrayContaining(['v000000', asItBegan, atHome, byHand, live, liveAtHome, newest]),
  );
});

test('a version that was deleted is not published again, until somebody goes back to it', async () => {
  const { pointer, add } = await service();
  const [old] = [await add(), await add()];
  await publishSnapshot('a');
  await cleanTwice();
  await pointer.reconcile();
  expect(versionsInKv()).not.toContain(old);
  await pointer.rollback(old, 'ana');
  expect(server.text('WEIGHTS/active')).toBe(old);
  expect(versionsInKv()).toContain(old);
  await cleanTwice();
  expect(versionsInKv()).toContain(old);
});

test('a version that was deleted is published for a pointer that names it by hand', async () => {
  const { pointer, add } = await service();
  const [old] = [await add(), await add()];
  await publishSnapshot('a');
  await cleanTwice();
  server.values.set('WEIGHTS/active', Buffer.from(old));
  await pointer.reconcile();
  expect(versionsInKv()).toContain(old);
});

test('a snapshot that was deleted is published again as if it were new', async () => {
  await service();
  for (const hash of ['a', 'b', 'c']) await publishSnapshot(hash);
  await cleanTwice();
  expect(hashesInKv()).toEqual(['b', 'c']);
  await publishSnapshot('a');
  await cleanTwice();
  expect(hashesInKv()).toEqual(['c', 'a']);
});

test('what is about to be deleted stays when a pointer is being moved to it', async () => {
  const { pointer, add } = await service();
  const [old] = [await add(), await add()];
  await publishSnapshot('a');
  await clean();
  nowMs += DAY_MS;
  // The other backend moves the pointer once this one has read what is needed.
  const reading = kvOf();
  const kv = {
    ...reading,
    async get(...key: Parameters<typeof reading.get>) {
      const value = await reading.get(...key);
      if (key[0] === 'CATALOGUE') await pointer.promote(old, 'ana');
      return value;
    },
  };
  await clean({ kv });
  expect(versionsInKv()).toContain(old);
});

test('a deletion whose end was not recorded is made again', async () => {
  await service();
  for (const hash of ['a', 'b', 'c', 'd']) await publishSnapshot(hash);
  await clean();
  nowMs += DAY_MS;
  server.failing = /DELETE CATALOGUE\/s\/b/;
  await expect(clean()).rejects.toMatchObject({ code: 'edge_unreachable' });
  expect(hashesInKv()).toEqual(['b', 'c', 'd']);
  server.failing = undefined;
  expect(await clean()).toBe(1);
  expect(hashesInKv()).toEqual(['c', 'd']);
  const rows = await store.db.select().from(publications);
  expect(rows.filter(({ unneededSince }) => unneededSince !== null)).toEqual([]);
});

test('a key that is published while its deletion is under way is there afterwards', async () => {
  await service();
  for (const hash of ['a', 'b', 'c']) await publishSnapshot(hash);
  await clean();
  nowMs += DAY_MS;
  const reading = kvOf();
  let published: Promise<void> | undefined;
  const kv = {
    ...reading,
    async delete(...key: Parameters<typeof reading.delete>) {
      published ??= publishSnapshot('a');
      // Long enough for it to be there, if it did not wait.
      await Promise.race([published, new Promise((resolve) => setTimeout(resolve, 1000))]);
      await reading.delete(...key);
    },
  };
  expect(await clean({ kv })).toBe(1);
  await published;
  expect(hashesInKv().toSorted()).toEqual(['a', 'b', 'c']);
});

test('a backend that no longer leads deletes nothing', async () => {
  await service();
  for (const hash of ['a', 'b', 'c']) await publishSnapshot(hash);
  await clean();
  nowMs += DAY_MS;
  const leader = leaseOf(store, { name: 'leader', holder: 'one', ttlMs: 30_000, nowMs: clock });
  const follower = kvCleaning({
    store,
    kv: kvOf(),
    settings: { keepHours: 24, keepVersions: 1 },
    retentionDays: 120,
    settleMs: 0,
    nowMs: clock,
  });
  expect(await follower.clean(leader.held)).toBe(0);
  expect(hashesInKv()).toEqual(['a', 'b', 'c']);
});

test('what KV has lost is published again, but for what was deleted', async () => {
  const { pointer, add } = await service();
  const [old, newest] = [await add(), await add()];
  await publishSnapshot('a');
  await cleanTwice();
  server.values.clear();
  await pointer.reconcile();
  expect(versionsInKv()).toEqual(['v000000', newest]);
  expect(versionsInKv()).not.toContain(old);
});
