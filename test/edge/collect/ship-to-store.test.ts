import { reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settingsOf } from '../../../edge/platform/settings.ts';
import type { RankingId } from '../../../shared/domain/ids.ts';
import { parseStoredBatchKey } from '../../../shared/format/stored-batch.ts';
import { commits, shard } from '../support/backend.ts';
import { PATHS, shipBy } from '../support/receivers.ts';

const [toBackend, ...toStores] = PATHS;
const append = (id: string) =>
  shard(0).storeEvents([
    {
      key: `r ${id}`,
      rankingId: 'r' as RankingId,
      kind: 'click a',
      json: JSON.stringify({ eventId: id }),
    },
  ]);
const ring = () => runDurableObjectAlarm(shard(0));
const rows = <T extends Record<string, SqlStorageValue>>(query: string) =>
  runInDurableObject(shard(0), (_, { storage }) => storage.sql.exec<T>(query).toArray());
const left = async () => (await rows<{ n: number }>(`SELECT COUNT(*) AS n FROM entries`))[0].n;
const skipWait = () => rows(`UPDATE sealed SET notBefore = 0 WHERE notBefore < 9007199254740991`);

beforeEach(() => reset());
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(toStores)('into $name', (path) => {
  beforeEach(() => shipBy(path));
  afterAll(() => shipBy(toBackend));

  it('keeps where each batch is before it drops its entries', async () => {
    const receiver = path.receiver();
    const beforeMs = Date.now();
    await append('a');
    await ring();
    await append('b');
    await ring();
    expect(await left()).toBe(0);
    const receipts = await rows<{ batchId: string; key: string; storedAt: number }>(
      `SELECT batchId, key, storedAt FROM receipts ORDER BY rowid`,
    );
    expect(receipts.map(({ batchId }) => batchId)).toEqual(
      receiver.sent.map(({ batchId }) => batchId),
    );
    const keys = receipts.map(({ key }) => parseStoredBatchKey(key)!);
    expect(keys.map(({ first }) => first)).toEqual([1, 2]);
    expect(keys[0].sealedAt).toBeGreaterThanOrEqual(beforeMs);
    expect(receipts.map(({ key }) => key).toSorted()).toEqual(receipts.map(({ key }) => key));
    for (const { shard: named, day, sealedAt } of keys) {
      expect(receipts[0].batchId.startsWith(`${named}-`)).toBe(true);
      expect(day).toBe(new Date(sealedAt).toISOString().slice(0, 10));
    }
  });

  it('drops nothing whose receipt it could not keep', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    path.receiver();
    await append('a');
    await rows(`SELECT * FROM receipts`);
    await runInDurableObject(shard(0), (_, { storage }) => {
      storage.sql.exec(
        `CREATE TRIGGER full BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
      );
    });
    await ring();
    expect(await rows(`SELECT 1 FROM entries WHERE body <> zeroblob(sizeBytes)`)).toHaveLength(1);
    await rows(`DROP TRIGGER full`);
    await ring();
    expect(await left()).toBe(0);
  });

  it('puts a batch under the same key when the answer to it was lost, and on another day', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const receiver = path.receiver(() => new Response('', { status: 503 }));
    await append('a');
    await ring();
    const [{ sealedAt }] = await rows<{ sealedAt: number }>(`SELECT sealedAt FROM receipts`);
    vi.spyOn(Date, 'now').mockReturnValue(sealedAt + 86_400_000 * 3);
    receiver.reply = commits;
    await skipWait();
    await ring();
    const [receipt] = await rows<{ key: string }>(`SELECT key FROM receipts`);
    expect(parseStoredBatchKey(receipt.key)?.sealedAt).toBe(sealedAt);
    expect(receiver.sentBytes[1]).toEqual(receiver.sentBytes[0]);
  });

  it('sends a batch the other way, under the same id, after a switch in the midst of it', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    for (const [from, to] of [
      [path, toBackend],
      [toBackend, path],
    ]) {
      await shipBy(from);
      const first = from.receiver(() => new Response('', { status: 503 }));
      await append(`from ${from.name}`);
      await ring();
      await shipBy(to);
      vi.restoreAllMocks();
      vi.spyOn(console, 'error').mockReturnValue();
      const second = to.receiver();
      await skipWait();
      await ring();
      expect(second.sent).toEqual(first.sent);
      expect(await left()).toBe(0);
    }
  });
});

const configured = (changes: Record<string, unknown>) =>
  settingsOf({ ...env, LOGS: undefined, ...changes });
const S3 = {
  LOG_PATH: 'store',
  LOG_STORE_URL: 'https://s3.test/bucket/',
  LOG_STORE_ACCESS_KEY_ID: 'id',
  LOG_STORE_SECRET_ACCESS_KEY: 'secret of the store',
};

it.each([
  [{ LOG_PATH: 'bucket' }, /LOG_PATH must be backend or store, but was "bucket"/],
  [{ LOG_PATH: 'store' }, /neither a bucket bound as LOGS nor a LOG_STORE_URL/],
  [{ ...S3, LOG_STORE_URL: 'ftp://s3.test' }, /LOG_STORE_URL must be an https address/],
  [{ ...S3, LOG_STORE_URL: 'https://me:secret@s3.test/b' }, /without keys/],
  [{ ...S3, LOG_STORE_ACCESS_KEY_ID: '' }, /needs LOG_STORE_ACCESS_KEY_ID/],
])('%j is refused in words, without the secret', (changes, message) => {
  expect(() => configured(changes)).toThrow(message);
  try {
    configured(changes);
  } catch (error) {
    expect(String(error)).not.toContain('secret of the store');
  }
});

it('reads where batches go', () => {
  expect(configured({}).logStore).toBeUndefined();
  expect(configured({ ...S3, LOG_PATH: 'backend' }).logStore).toBeUndefined();
  expect(configured(S3).logStore?.s3).toEqual({
    url: 'https://s3.test/bucket',
    region: 'auto',
    accessKeyId: 'id',
    secretAccessKey: 'secret of the store',
  });
  const LOGS = {};
  expect(configured({ LOG_PATH: 'store', LOGS }).logStore?.bucket).toBe(LOGS);
});
