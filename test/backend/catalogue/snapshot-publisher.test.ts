import { expect, test } from 'vitest';
import type { Kv } from '../../../backend/models/edge-kv.ts';
import { publisher as publisherOf } from '../../../backend/models/publisher.ts';
import { LEASE_MS, leaseOf } from '../../../backend/scheduler/lease.ts';
import { snapshotPublisher } from '../../../backend/catalogue/snapshot-publisher.ts';
import { parseSnapshotPointer } from '../../../shared/domain/pointer.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { NEWEST_SNAPSHOT_FORMAT } from '../../../shared/format/snapshot-bytes.ts';
import { startTestBackend } from '../support/backend.ts';
import { borrowStore } from '../../support/borrow-store.ts';

const NOW = Date.UTC(2027, 0, 1);
const DAY = 86_400_000;

test('each snapshot is later than the one before, also after a clock that was 400 days ahead, and where KV lost its pointer', async () => {
  const store = await borrowStore();
  const stored = new Map<string, Uint8Array<ArrayBuffer>>();
  const kv: Kv = {
    get: async (namespace, key) => stored.get(`${namespace}/${key}`),
    async put(namespace, key, value) {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      stored.set(`${namespace}/${key}`, bytes);
    },
    async delete(namespace, key) {
      stored.delete(`${namespace}/${key}`);
    },
  };
  let [nowMs, content] = [NOW + 400 * DAY, 1];
  const start = () =>
    snapshotPublisher({
      store,
      publisher: publisherOf(kv, store, 0, () => nowMs),
      kv,
      lease: leaseOf(store, {
        name: 'publishing',
        holder: 'one',
        ttlMs: LEASE_MS,
        nowMs: () => nowMs,
      }),
      build: async () => ({
        hash: String(content).padStart(32, '0'),
        schemaHash: smarttrip.hash,
        items: content,
        bytes: Uint8Array.of(content),
        dropped: [],
      }),
      liveSchema: async () => smarttrip,
      edgeReads: async () => undefined,
      edgeReadsPatches: async () => undefined,
      quietMs: 0,
      withinMs: 0,
      nowMs: () => nowMs,
      log: () => undefined,
    });
  const published = async () => {
    const snapshots = start();
    snapshots.changed();
    await expect.poll(() => snapshots.problem(), { timeout: 20_000 }).toBeUndefined();
    await snapshots.close();
    return parseSnapshotPointer(new TextDecoder().decode(stored.get('CATALOGUE/active')))!.at;
  };
  const ahead = await published();
  expect(ahead).toBe(NOW + 400 * DAY);
  [nowMs, content] = [NOW, 2];
  expect(await published()).toBe(ahead + 1);
  stored.delete('CATALOGUE/active');
  content = 3;
  expect(await published()).toBe(ahead + 2);
  [nowMs, content] = [NOW + 500 * DAY, 4];
  expect(await published()).toBe(nowMs);
  await store.close();
});

test('a catalogue that the deployed edge does not read is not published, which is said until the edge was deployed', async () => {
  const backend = await startTestBackend({ watchEveryMs: 200 }, false);
  const { kv } = backend;
  kv.snapshotFormat = undefined;
  const problems = async (): Promise<string> =>
    (await backend.call('GET', '/health/ready')).body.problems.join('; ');
  await expect
    .poll(problems, { timeout: 60_000 })
    .toContain('the edge that is deployed reads no catalogue of this format');
  expect([...kv.values.keys()].filter((key) => key.startsWith('CATALOGUE/'))).toEqual([]);
  // Nothing in this catalogue needs the newest format, so that an edge of the release before is enough.
  kv.snapshotFormat = NEWEST_SNAPSHOT_FORMAT - 1;
  await expect.poll(() => kv.values.has('CATALOGUE/active'), { timeout: 60_000 }).toBe(true);
  await backend.close();
});
