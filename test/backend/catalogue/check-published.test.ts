import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishedCheck, type PublishedCheck } from '../../../backend/catalogue/check-published.ts';
import { edgeKv } from '../../../backend/models/edge-kv.ts';
import { publisher as publisherOf } from '../../../backend/models/publisher.ts';
import { snapshots } from '../../../backend/store/tables.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';
import { startKvServer, type KvServer } from '../support/kv-server.ts';

const SECRET = 'sk of this test';

let server: KvServer;
let store: BorrowedStore;
let check: PublishedCheck;
let asked: number;
let readsPatches: boolean | undefined;
let lines: string[];
beforeEach(async () => {
  [server, store] = [await startKvServer(SECRET), await borrowStore()];
  [asked, lines, readsPatches] = [0, [], true];
  const kv = edgeKv({ edgeUrl: server.url, secretKey: SECRET, retryPausesMs: [] });
  check = publishedCheck({
    store,
    kv,
    publisher: publisherOf(kv, store, 0, Date.now),
    snapshots: { forget: () => void asked++ },
    edgeReadsPatches: async () => readsPatches,
    settleMs: 0,
    nowMs: Date.now,
    log: (line) => void lines.push(line),
  });
  await record(await writeToKv('first'));
});
afterEach(async () => {
  await store.close();
  await server.close();
});

/** @returns the hash. */
async function writeToKv(text: string): Promise<string> {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  server.values.set(`CATALOGUE/s/${hash}/0`, Buffer.from(text));
  const pointer = { hash, parts: 1, sizeBytes: text.length, at: Date.now() };
  server.values.set('CATALOGUE/active', Buffer.from(JSON.stringify(pointer)));
  return hash;
}

const record = (hash: string) =>
  store.write([
    store.db.insert(snapshots).values({
      hash,
      schemaHash: 'schema',
      items: 1,
      sizeBytes: 1,
      parts: 1,
      publishedAt: Date.now(),
    }),
  ]);

test('a publication under way is no problem: KV has it before the store says so', async () => {
  await check.check();
  const hash = await writeToKv('second');
  await check.check();
  expect(check.problem()).toBeUndefined();
  await record(hash);
  await check.check();
  expect([check.problem(), asked, lines]).toEqual([undefined, 0, []]);
});

test('what two checks find is a problem, is published again, and is over when KV is whole', async () => {
  const hash = await writeToKv('of nobody');
  await check.check();
  await check.check();
  expect(check.problem()).toContain(`${hash}, which was never published`);
  expect(asked).toBe(1);
  await record(hash);
  await check.check();
  expect(check.problem()).toBeUndefined();
  expect(lines).toHaveLength(2);
});

test('a pointer that is lost before the first look at it is missed soon, although nothing was there at the last look', async () => {
  await store.write([store.db.delete(snapshots)]);
  server.values.clear();
  await check.check();
  await record(await writeToKv('never looked at'));
  server.values.delete('CATALOGUE/active');
  await check.check();
  await check.check();
  expect([check.problem(), asked]).toEqual(['the CATALOGUE key "active" is gone from KV', 1]);
});

test('an edge that reads no patches any more is found at the next look, although the pointer is as it was', async () => {
  const base = await writeToKv('a base');
  const [patch, to] = [createHash('sha256').update('a patch').digest('hex'), 'b'.repeat(32)];
  server.values.set(`CATALOGUE/p/${patch}/0`, Buffer.from('a patch'));
  const pointer = JSON.parse(String(server.values.get('CATALOGUE/active')));
  const patches = [{ hash: patch, sizeBytes: 7, to }];
  server.values.set('CATALOGUE/active', Buffer.from(JSON.stringify({ ...pointer, patches })));
  await record(base);
  await record(to);
  await check.check();
  await check.check();
  // One that does not answer is no reason to publish anything.
  readsPatches = undefined;
  await check.check();
  expect([check.problem(), asked]).toEqual([undefined, 0]);
  readsPatches = false;
  await check.check();
  await check.check();
  expect([check.problem(), asked]).toEqual([
    'the edge that is deployed reads no patches of the catalogue',
    1,
  ]);
});
