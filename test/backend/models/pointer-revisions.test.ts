import { afterEach, beforeEach, expect, test } from 'vitest';
import { edgeKv } from '../../../backend/models/edge-kv.ts';
import type { Traffic } from '../../../backend/models/compose-pointer.ts';
import { livePointerService } from '../../../backend/models/live-pointer-service.ts';
import { publisher as publisherOf } from '../../../backend/models/publisher.ts';
import { versions as versionsOf } from '../../../backend/models/versions.ts';
import { leaseOf } from '../../../backend/scheduler/lease.ts';
import type { Store } from '../../../backend/store/open.ts';
import { pointerRevisions } from '../../../backend/store/tables.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { MAX_REVISION, parsePointer } from '../../../shared/domain/pointer.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { borrowStore } from '../../support/borrow-store.ts';
import { SECRET_KEY } from '../support/backend.ts';
import { startKvServer, type KvServer } from '../support/kv-server.ts';

const ACTIVE = 'WEIGHTS/active';
let kv: KvServer;
let stores: Store[];
let nowMs: number;
beforeEach(async () => {
  kv = await startKvServer(SECRET_KEY);
  stores = [];
  nowMs = 1_790_000_000_000;
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await kv.close();
});

async function newStore(): Promise<Store> {
  const store = await borrowStore();
  stores.push(store);
  await versionsOf(store, () => nowMs).ensureRules(smarttrip);
  return store;
}

/** Of a backend that has just started. */
function backendOn(store: Store, holder = 'one') {
  const traffic: { now: Traffic } = { now: {} };
  const clock = () => nowMs++;
  const access = { edgeUrl: kv.url, secretKey: SECRET_KEY, retryPausesMs: [] };
  const service = livePointerService({
    store,
    publisher: publisherOf(edgeKv(access), store, 0, clock),
    versions: versionsOf(store, clock),
    traffic: async () => traffic.now,
    beforeRelease: async () => {},
    moving: leaseOf(store, { name: 'pointer', holder, ttlMs: 15_000, nowMs: clock }),
    settleMs: 0,
    nowMs: clock,
    onMoved: () => {},
  });
  return { service, traffic };
}

const live = () => parsePointer(kv.text(ACTIVE)!)!;
const byHand = (text: string) => kv.values.set(ACTIVE, Buffer.from(text));
const recorded = async (store: Store) =>
  new Map(
    (await store.db.select().from(pointerRevisions)).map(({ revision, text }) => [revision, text]),
  );

test('every pointer that is published has a higher revision, also after restarts, from another backend, and after KV lost it', async () => {
  const store = await newStore();
  const { service } = backendOn(store);
  await service.reconcile();
  expect(live().revision).toBe(1);
  await service.promote(RULES_VERSION, 'ana');
  expect(live().revision).toBe(2);
  // A bare id has none. While it holds, nobody is assigned to anything.
  await service.rollback(RULES_VERSION, 'ana');
  expect(live()).not.toHaveProperty('revision');
  await service.release('ana');
  expect(live().revision).toBe(3);
  const text = kv.text(ACTIVE)!;

  const { service: other, traffic } = backendOn(store, 'two');
  kv.values.clear();
  await other.reconcile();
  // It says what it said before, so it is the same one.
  expect(kv.text(ACTIVE)).toBe(text);
  traffic.now = { shadow: { version: RULES_VERSION, share: 0.5 } };
  await other.refreshTraffic('ben');
  expect(live()).toMatchObject({ revision: 4, shadow: { share: 0.5 } });
  await other.refreshTraffic('ben');
  expect(live().revision).toBe(4);
  const all = await recorded(store);
  expect([...all.keys()]).toEqual([1, 2, 3, 4]);
  expect(all.get(3)).toBe(text);
  expect(all.get(4)).toBe(kv.text(ACTIVE));
});

test('a store that was lost, or is one of long ago, goes on above the revision that KV has', async () => {
  byHand(JSON.stringify({ champion: RULES_VERSION, revision: 57 }));
  const store = await newStore();
  const { service } = backendOn(store);
  await service.reconcile();
  await service.promote(RULES_VERSION, 'ana');
  expect(live().revision).toBe(58);
  byHand(JSON.stringify({ champion: RULES_VERSION, revision: 70 }));
  await service.reconcile();
  await service.release('ana');
  expect(live().revision).toBe(71);
});

test('a pointer of before there were revisions gets one as soon as a backend sees it, and no other change', async () => {
  byHand(JSON.stringify({ champion: RULES_VERSION, by: 'ana', at: 5 }));
  const store = await newStore();
  const { service } = backendOn(store);
  await service.reconcile();
  await service.refreshTraffic('backend');
  expect(live()).toMatchObject({ champion: RULES_VERSION, by: 'ana', revision: 1 });
});

test('a number that a hand gave to another pointer says no more who was assigned by what', async () => {
  const store = await newStore();
  const { service } = backendOn(store);
  await service.reconcile();
  const first = kv.text(ACTIVE)!;
  await service.promote(RULES_VERSION, 'ana');
  const second = kv.text(ACTIVE)!;
  // The very pointer of before: what was assigned by it is known.
  byHand(first);
  await service.reconcile();
  expect(await recorded(store)).toEqual(
    new Map([
      [1, first],
      [2, second],
    ]),
  );
  byHand(JSON.stringify({ ...JSON.parse(second), shadow: { version: RULES_VERSION, share: 1 } }));
  await service.reconcile();
  expect((await recorded(store)).get(2)).toBeNull();
  byHand(second);
  await service.reconcile();
  expect((await recorded(store)).get(2)).toBeNull();
  await service.release('ana');
  expect(live().revision).toBe(3);
});

test('where a hand left no number to give, nothing is published, and it says what to do', async () => {
  byHand(JSON.stringify({ champion: RULES_VERSION, revision: MAX_REVISION }));
  const { service } = backendOn(await newStore());
  await service.reconcile();
  await expect(service.promote(RULES_VERSION, 'ana')).rejects.toThrow(
    /no revision above 4294967295: .*delete its row/,
  );
});
