import { afterEach, beforeEach, expect, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { deleteItems, upsertItems } from '../../../backend/catalogue/items.ts';
import { neededSnapshots } from '../../../backend/catalogue/needed-snapshots.ts';
import { PackedCatalogue } from '../../../backend/catalogue/packed-catalogue.ts';
import {
  snapshotPublisher,
  type SnapshotPublisher,
} from '../../../backend/catalogue/snapshot-publisher.ts';
import { buildSnapshot } from '../../../backend/catalogue/snapshot.ts';
import {
  changedItems,
  lastRevision,
  storedItems,
} from '../../../backend/catalogue/stored-items.ts';
import type { Kv } from '../../../backend/models/edge-kv.ts';
import { publisher as publisherOf } from '../../../backend/models/publisher.ts';
import { readPublished } from '../../../backend/offline/published.ts';
import { tableOf } from '../../../backend/offline/snapshot-tables.ts';
import { LEASE_MS, leaseOf } from '../../../backend/scheduler/lease.ts';
import { connect } from '../../../backend/store/connect.ts';
import { itemChanges } from '../../../backend/store/tables.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { Item } from '../../../shared/domain/item.ts';
import {
  liveHash,
  MOST_PATCHES,
  parseSnapshotPointer,
  type SnapshotPointer,
} from '../../../shared/domain/pointer.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { patchFromBytes } from '../../../shared/format/patch-bytes.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { patched } from '../../../shared/format/patched.ts';
import {
  snapshotFromBytes,
  snapshotHash,
  snapshotToBytes,
  type Snapshot,
} from '../../../shared/format/snapshot-bytes.ts';
import { additiveFromPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { makeTrips } from '../../bench/support/trips.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';
import { SEED } from '../../shared/support/seed.ts';

let store: BorrowedStore;
let stored: Map<string, Uint8Array<ArrayBuffer>>;
let puts: string[];
let readsPatches: boolean | undefined;
let beforePut: (key: string) => Promise<void>;
const kv: Kv = {
  get: async (namespace, key) => stored.get(`${namespace}/${key}`),
  async put(namespace, key, value) {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    await beforePut(key);
    puts.push(key);
    stored.set(`${namespace}/${key}`, bytes);
  },
  delete: async (namespace, key) => void stored.delete(`${namespace}/${key}`),
};
const trips = makeTrips(2500, 7);

beforeEach(async () => {
  store = await borrowStore();
  [stored, puts, readsPatches] = [new Map(), [], true];
  beforePut = async () => {};
  const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
    version: 'v000001' as Scorer['version'],
    name: 'rules',
  });
  stored.set('WEIGHTS/w/v000001', scorerToBytes(scorer));
  stored.set('WEIGHTS/active', new TextEncoder().encode('v000001'));
  await put(trips);
});
afterEach(() => store.close());

let nowMs = 5_000_000;
const put = (items: readonly Item[]) => upsertItems(store, smarttrip, items, ++nowMs);

interface Backend {
  readonly publish: () => Promise<SnapshotPointer>;
  readonly snapshots: SnapshotPublisher;
}

let backends = 0;
/** How often one found that another one publishes. */
let waits = 0;

function backend(clockMs: () => number = () => 0): Backend {
  const packed = new PackedCatalogue(clockMs);
  const holder = `backend ${++backends}`;
  const lease = leaseOf(store, { name: 'publishing', holder, ttlMs: LEASE_MS, nowMs: Date.now });
  const snapshots = snapshotPublisher({
    store,
    publisher: publisherOf(kv, store, 0, () => nowMs),
    kv,
    lease: {
      ...lease,
      async renew() {
        const isHeld = await lease.renew();
        if (!isHeld) waits++;
        return isHeld;
      },
    },
    async build(schema, plan) {
      const client = connect({ url: store.url });
      try {
        return await packed.build(client, schema, plan);
      } finally {
        client.close();
      }
    },
    liveSchema: async () => smarttrip,
    edgeReads: async () => true,
    edgeReadsPatches: async () => readsPatches,
    quietMs: 0,
    withinMs: 0,
    nowMs: () => ++nowMs,
    log: () => undefined,
  });
  return {
    snapshots,
    async publish() {
      snapshots.changed();
      // Closing waits for what runs; it is asked for again by a new one.
      const expected = await wholeHash();
      await expect.poll(() => liveHash(pointer()), { timeout: 60_000 }).toBe(expected);
      await expect
        .poll(async () => (await rowOf(expected)) !== undefined, { timeout: 60_000 })
        .toBe(true);
      return pointer();
    },
  };
}

const pointer = () =>
  parseSnapshotPointer(new TextDecoder().decode(stored.get('CATALOGUE/active')) || '{}') ?? {
    hash: 'none',
    parts: 0,
    sizeBytes: 0,
    at: 0,
  };
const rowOf = async (hash: string) =>
  (
    await store.db.all<{ value: string }>(sql`select value from pointers where name = 'catalogue'`)
  ).find(({ value }) => liveHash(JSON.parse(value)) === hash);

/** The oracle: all items packed as a whole. */
const wholeHash = async (): Promise<string> => buildSnapshot(smarttrip, await itemsNow()).hash;

async function itemsNow(): Promise<Item[]> {
  const client = connect({ url: store.url });
  try {
    return await storedItems(client, smarttrip, undefined);
  } finally {
    client.close();
  }
}

/** What whoever starts now reads from KV. */
async function readHash(): Promise<string> {
  const { snapshot } = await readPublished(kv);
  const { table, schemaHash } = tableOf(snapshot!);
  return snapshotHash(snapshotToBytes({ hash: schemaHash }, table.table));
}

const random = seededRandom(SEED);
const some = () => trips[Math.floor(random() * trips.length)];

async function changeSome(step: number): Promise<void> {
  const changed = new Map<ItemId, Item>();
  for (let i = 0; i < 8; i++) {
    const trip = some();
    changed.set(trip.id, {
      ...trip,
      attributes: { ...trip.attributes, price: 400 + 10 * Math.floor(random() * 200), rare: step },
    });
  }
  const added = { ...some(), id: `added-${step}` as ItemId };
  await put([...changed.values(), added]);
  await deleteItems(store, [some().id, `added-${step - 3}`]);
}

test('few changes are published as patches of kilobytes, by any number of backends, and lead to the whole at every step', async () => {
  const [one, other] = [backend(), backend()];
  const first = await one.publish();
  expect(first.patches).toBeUndefined();
  let wholes = 0;
  for (let step = 0; step < 2 * MOST_PATCHES + 6; step++) {
    await changeSome(step);
    puts.length = 0;
    const now = await (step % 5 === 4 ? other : one).publish();
    expect(now.patches?.length ?? 0).toBeLessThanOrEqual(MOST_PATCHES);
    wholes += puts.filter((key) => key.startsWith('s/')).length;
    const bytes = puts
      .filter((key) => key.startsWith('p/'))
      .map((key) => stored.get(`CATALOGUE/${key}`)!.length);
    expect(Math.max(0, ...bytes)).toBeLessThan(first.sizeBytes / 4);
    expect(await readHash()).toBe(liveHash(now));
    expect(await readHash()).toBe(await wholeHash());
    const needed = (await neededSnapshots(store, JSON.stringify(now), new Set()))!;
    expect(
      [now.hash, ...(now.patches ?? []).map(({ hash }) => hash)].filter(
        (hash) => !needed.has(hash),
      ),
    ).toEqual([]);
  }
  // The other backend packs all of it once, and in rare steps rows lie in another order.
  expect(wholes).toBeLessThan(MOST_PATCHES);
  const [folded] = pointer().patches ?? [];
  if (folded !== undefined && wholes === 1)
    expect(patchFromBytes(stored.get(`CATALOGUE/p/${folded.hash}/0`)!).from.length).toBeGreaterThan(
      1,
    );
}, 300_000);

test('with many changed items a new base takes the place of the patches, which is the state that is live', async () => {
  const one = backend();
  const first = await one.publish();
  for (let step = 0; step < 7; step++) {
    // In an attribute that the schema does not have, so that rows stay in their order.
    await put(
      trips
        .slice(200 * step, 200 * step + 200)
        .map((trip) => ({ ...trip, attributes: { ...trip.attributes, price: 500 } })),
    );
    await one.publish();
    if (pointer().hash !== first.hash) break;
  }
  expect(pointer().hash).not.toBe(first.hash);
  expect(await readHash()).toBe(await wholeHash());
}, 300_000);

test('all of it is published where the edge reads no patches, where KV lost something, and once a day it is packed as a whole', async () => {
  let clockMs = 0;
  const one = backend(() => clockMs);
  await one.publish();
  readsPatches = false;
  await put([{ ...trips[0], attributes: { ...trips[0].attributes, price: 777 } }]);
  expect((await one.publish()).patches).toBeUndefined();
  readsPatches = true;
  await put([{ ...trips[1], attributes: { ...trips[1].attributes, price: 777 } }]);
  expect((await one.publish()).patches).toHaveLength(1);
  clockMs += 86_400_001;
  await put([{ ...trips[2], attributes: { ...trips[2].attributes, price: 777 } }]);
  expect((await one.publish()).patches).toHaveLength(2);
  expect(await readHash()).toBe(await wholeHash());
  stored.delete(`CATALOGUE/p/${pointer().patches![0].hash}/0`);
  puts.length = 0;
  one.snapshots.forget();
  await expect.poll(() => pointer().patches, { timeout: 60_000 }).toBeUndefined();
  expect(await readHash()).toBe(await wholeHash());
}, 300_000);

const priced = (place: number, price: number): Item => {
  const trip = trips[place];
  return { ...trip, attributes: { ...trip.attributes, price } };
};

test('all of it is published where a change is noted no more, as after another backend that published at the same time', async () => {
  const one = backend();
  await one.publish();
  await put([priced(0, 777)]);
  expect((await one.publish()).patches).toHaveLength(1);
  await put([priced(1, 777)]);
  await store.write([
    store.db
      .delete(itemChanges)
      .where(sql`revision = (select seq from sqlite_sequence where name = 'item_changes')`),
  ]);
  await put([priced(2, 777)]);
  expect((await one.publish()).patches).toBeUndefined();
  expect(await readHash()).toBe(await wholeHash());
  await put([priced(3, 777)]);
  expect((await one.publish()).patches).toHaveLength(1);
}, 300_000);

test('of two backends that publish at the same time the pointer of the one with older items never comes last', async () => {
  const one = backend();
  await one.publish();
  await put([priced(0, 777)]);
  const older = await wholeHash();
  const isWriting = Promise.withResolvers<void>();
  const mayWrite = Promise.withResolvers<void>();
  beforePut = async (key) => {
    if (key !== 'active') return;
    beforePut = async () => {};
    isWriting.resolve();
    await mayWrite.promise;
  };
  one.snapshots.changed();
  await isWriting.promise;
  await put([priced(1, 777)]);
  const newer = await wholeHash();
  backend().snapshots.changed();
  // Without the lease the other one publishes before this write, which then undoes it.
  const before = [waits, puts.length];
  await expect
    .poll(() => waits > before[0] || puts.slice(before[1]).includes('active'), { timeout: 60_000 })
    .toBe(true);
  mayWrite.resolve();
  await one.snapshots.close();
  expect(newer).not.toBe(older);
  await expect.poll(async () => (await rowOf(newer)) !== undefined, { timeout: 60_000 }).toBe(true);
  expect(liveHash(pointer())).toBe(newer);
}, 300_000);

test('a patch that stands for several leads to the live catalogue from every state it names, also where that was the base again', async () => {
  const one = backend();
  const { hash: base } = await one.publish();
  const states = new Map<string, Snapshot>();
  const publish = async (place: number, price: number) => {
    await put([priced(place, price)]);
    const now = await one.publish();
    expect(now.hash).toBe(base);
    const { bytes } = buildSnapshot(smarttrip, await itemsNow());
    states.set(liveHash(now), snapshotFromBytes(bytes));
  };
  const first = Number(trips[0].attributes.price);
  await publish(0, first + 10);
  // The base once more, by a patch.
  await publish(0, first);
  expect(liveHash(pointer())).toBe(base);
  for (let place = 1; place < MOST_PATCHES; place++) await publish(place, 777);
  const { patches = [] } = pointer();
  expect(patches.length).toBeLessThan(MOST_PATCHES);
  const read = patches.map(({ hash }) => patchFromBytes(stored.get(`CATALOGUE/p/${hash}/0`)!));
  expect(read[0].from.length).toBeGreaterThan(4);
  for (const from of read[0].from) {
    const { table } = patched(states.get(from)!, read);
    expect(snapshotHash(snapshotToBytes(smarttrip, table))).toBe(await wholeHash());
  }
}, 300_000);

test('changes are read in pages, as often as an item was changed, and as items are then', async () => {
  const many = makeTrips(6000, 8);
  const client = connect({ url: store.url });
  try {
    const since = await lastRevision(client);
    await put(many);
    await deleteItems(store, [many[4].id]);
    await put([{ ...many[5], attributes: { ...many[5].attributes, price: 778 } }]);
    const last = await lastRevision(client);
    const range = { from: since, since, most: 10_000 };
    const changed = (await changedItems(client, smarttrip, undefined, range))!;
    const now = new Map(
      (await storedItems(client, smarttrip, undefined)).map((item) => [item.id, item]),
    );
    expect(changed).toHaveLength(now.size + 1);
    expect(Math.max(...changed.map(({ revision }) => revision))).toBe(last);
    expect(new Map(changed.flatMap(({ id, item }) => (item ? [[id, item]] : [])))).toEqual(now);
    expect(changed.find(({ id }) => id === many[4].id)).toEqual({
      id: many[4].id,
      revision: last - 1,
    });
    expect(
      await changedItems(client, smarttrip, undefined, { ...range, most: 5999 }),
    ).toBeUndefined();
    expect(await changedItems(client, smarttrip, undefined, { ...range, since: last })).toEqual([]);
  } finally {
    client.close();
  }
}, 300_000);
