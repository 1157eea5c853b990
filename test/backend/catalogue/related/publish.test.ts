import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deleteItems, upsertItems } from '../../../../backend/catalogue/items.ts';
import { buildRelated } from '../../../../backend/catalogue/related/build-related.ts';
import {
  relatedJob,
  type RelatedJobDeps,
} from '../../../../backend/catalogue/related/related-job.ts';
import {
  neededRelated,
  readLiveRelated,
} from '../../../../backend/catalogue/related/related-parts.ts';
import { readRelatedItem } from '../../../../backend/catalogue/related/related-item.ts';
import { lastRevision, storedItems } from '../../../../backend/catalogue/stored-items.ts';
import type { Kv } from '../../../../backend/models/edge-kv.ts';
import { publisher as publisherOf } from '../../../../backend/models/publisher.ts';
import { connect } from '../../../../backend/store/connect.ts';
import { parseItemId } from '../../../../shared/domain/ids.ts';
import { parseItem } from '../../../../shared/domain/item.ts';
import { parseSchema, type Schema } from '../../../../shared/features/schema.ts';
import { borrowStore, type BorrowedStore } from '../../../support/borrow-store.ts';

const schema = parseSchema({
  name: 'beside',
  columns: [
    { name: 'brand', type: 'category' },
    { name: 'vector', type: 'embedding', dimensions: 2 },
  ],
  features: [{ name: 'base', kind: 'constant' }],
  related: { by: [{ column: 'brand' }, { column: 'vector' }] },
});
const items = [
  { id: 'a', brand: 'x', vector: [1, 0] },
  { id: 'b', brand: 'x', vector: [1, 1] },
  { id: 'c', brand: 'y', vector: [0, 1] },
].map(parseItem);

let store: BorrowedStore;
let stored: Map<string, Uint8Array<ArrayBuffer>>;
let puts: string[];
const kv: Kv = {
  get: async (namespace, key) => stored.get(`${namespace}/${key}`),
  async put(namespace, key, value) {
    puts.push(key);
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    stored.set(`${namespace}/${key}`, bytes);
  },
  delete: async (namespace, key) => void stored.delete(`${namespace}/${key}`),
};
let nowMs: number;
beforeEach(async () => {
  store = await borrowStore();
  stored = new Map();
  puts = [];
  nowMs = 1_800_000_000_000;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
});

async function buildHere(own: Schema) {
  const client = connect({ url: store.url });
  const revision = await lastRevision(client);
  const built = buildRelated(own, await storedItems(client, own, undefined));
  client.close();
  return { ...built, revision, tookMs: 1 };
}

const jobOf = (
  wanted = schema,
  build: RelatedJobDeps['build'] = buildHere,
  { seen = kv, settleMs = 0 } = {},
) =>
  relatedJob({
    store,
    kv: seen,
    publisher: publisherOf(seen, store, 0, () => nowMs),
    liveSchema: async () => wanted,
    build,
    settleMs,
    everyMs: 1000,
    nowMs: () => nowMs,
    log: () => undefined,
  });
const idsBeside = async (id: string) =>
  (await readRelatedItem(store, kv, schema, parseItemId(id)))?.neighbours.map((one) => one.id);

test('what is alike is published once the items are others, also where only an embedding is', async () => {
  const job = jobOf();
  await job.run();
  expect(puts).toEqual([]);
  await upsertItems(store, schema, items, nowMs);
  await job.run();
  expect(await idsBeside('a')).toEqual(['b']);
  expect(puts.at(-1)).toBe('related');
  puts = [];
  await job.run();
  expect(puts).toEqual([]);
  await upsertItems(store, schema, [parseItem({ id: 'c', brand: 'y', vector: [1, 0.1] })], nowMs);
  await job.run();
  expect(await idsBeside('a')).toEqual(['b', 'c']);
  await deleteItems(store, ['b']);
  await job.run();
  expect(await idsBeside('a')).toEqual(['c']);
  expect(await readRelatedItem(store, kv, schema, parseItemId('b'))).toMatchObject({
    isKnown: false,
    neighbours: [],
  });
});

test('another backend takes over what is published, and finds nothing anew', async () => {
  await upsertItems(store, schema, items, nowMs);
  await jobOf().run();
  puts = [];
  await jobOf().run();
  expect(puts).toEqual([]);
});

test('what KV has lost is published again, and what is needed is known', async () => {
  await upsertItems(store, schema, items, nowMs);
  await jobOf().run();
  const live = (await readLiveRelated(store))!;
  expect(await neededRelated(store, kv)).toEqual(
    new Set([live.pointer.hash, ...live.index.shards]),
  );
  const lose = async (key: string) => {
    expect(stored.delete(`CATALOGUE/${key}`)).toBe(true);
    nowMs += 60_000;
    await jobOf().run();
    expect(stored.has(`CATALOGUE/${key}`)).toBe(true);
  };
  await lose(`r/${live.index.shards[0]}/0`);
  await lose(`r/${live.pointer.hash}/0`);
  await lose('related');
  stored.delete('CATALOGUE/related');
  expect(await neededRelated(store, kv)).toBeUndefined();
});

test('what took longer to write than KV takes to show it is not lost', async () => {
  const settleMs = 60_000;
  let before: { readonly bytes: Uint8Array<ArrayBuffer>; readonly until: number } | undefined;
  const slow: Kv = {
    ...kv,
    get: (namespace, key) =>
      key === 'related' && before !== undefined && nowMs < before.until
        ? Promise.resolve(before.bytes)
        : kv.get(namespace, key),
    async put(namespace, key, value) {
      nowMs += settleMs;
      const bytes = stored.get(`${namespace}/${key}`);
      if (bytes) before = { bytes, until: nowMs + settleMs };
      await kv.put(namespace, key, value);
    },
  };
  const build = vi.fn<RelatedJobDeps['build']>(buildHere);
  // Each time another backend leads, which has not looked at KV yet.
  const run = () => jobOf(schema, build, { seen: slow, settleMs }).run();
  await upsertItems(store, schema, items, nowMs);
  await run();
  await deleteItems(store, ['b']);
  await run();
  expect(before!.until).toBe(nowMs + settleMs);
  await run();
  nowMs += settleMs;
  await run();
  expect(build).toHaveBeenCalledTimes(2);
});

test('where finding them fails, it is tried again after a while that is longer the longer it took', async () => {
  await upsertItems(store, schema, items, nowMs);
  let clockMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clockMs);
  const build = vi.fn<RelatedJobDeps['build']>(async () => {
    clockMs += 3000;
    throw new Error('no memory is left');
  });
  const job = jobOf(schema, build);
  await expect(job.run()).rejects.toThrow('no memory is left');
  clockMs += 59_000;
  await job.run();
  expect(build).toHaveBeenCalledTimes(1);
  clockMs += 1000;
  await expect(job.run()).rejects.toThrow('no memory is left');
});

test('a schema that says nothing of what makes items alike publishes none', async () => {
  await upsertItems(store, schema, items, nowMs);
  const { related: _, ...others } = schema;
  await jobOf(others).run();
  expect(puts).toEqual([]);
  expect(await readRelatedItem(store, kv, others, parseItemId('a'))).toBeUndefined();
});

test('neighbours say what both have, and how near their embeddings are', async () => {
  await upsertItems(store, schema, items, nowMs);
  await jobOf().run();
  const found = await readRelatedItem(store, kv, schema, parseItemId('b'));
  expect(found?.neighbours).toMatchObject([
    { id: 'a', common: [{ column: 'brand', value: 'x' }] },
    { id: 'c', common: [] },
  ]);
  for (const { cosine } of found!.neighbours) expect(cosine).toBeCloseTo(Math.SQRT1_2, 2);
});
