import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { takeInBy } from '../../backend/log/ingest/take-in.ts';
import { s3Bucket } from '../../backend/log/stored-batches/bucket.ts';
import { storedBatchesOf } from '../../backend/log/stored-batches/service.ts';
import { backendMetrics } from '../../backend/process/metrics.ts';
import { NO_TRACING } from '../../backend/process/tracing.ts';
import { openStore } from '../../backend/store/open.ts';
import { identityKeys } from '../../shared/domain/identity.ts';
import { IDENTITY_SECRET, INGEST_SECRET } from '../backend/support/backend-config.ts';
import { putBatch, startLogBucket } from '../backend/support/ways-in.ts';
import { DECISIONS_PER_BATCH, makeBatches } from './support/batches.ts';

/**
 * What a backend takes to take rankings from a bucket, each with a slate of 20 and a click:
 * `node test/bench/through-bucket.ts [--rankings 100000] [--shards 8]`.
 */
const { values } = parseArgs({
  options: {
    rankings: { type: 'string', default: '100000' },
    shards: { type: 'string', default: '8' },
  },
});
const [rankings, shards] = [Number(values.rankings), Number(values.shards)];
const perShard = Math.ceil(rankings / DECISIONS_PER_BATCH / shards);
const { server, location } = await startLogBucket();
const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
try {
  const store = await openStore({ url: pathToFileURL(join(dir, 'trimtab.db')).href });
  const metrics = backendMetrics();
  const nowMs = Date.now;
  for (let shard = 0; shard < shards; shard++)
    for (const [i, { batch }] of makeBatches(`bench${shard}`, shard + 1, perShard).entries())
      putBatch(server, { ...batch, batchId: `s${shard}.1-${i + 1}-${i + 1}` });
  const batches = server.objects.size;
  const bytes = [...server.objects.values()].reduce((sum, { length }) => sum + length, 0);
  const taking = storedBatchesOf({
    bucket: s3Bucket(location),
    store,
    settings: { pollSeconds: 5, parallel: 4, keepHours: 24 },
    backend: 'bench',
    takeIn: takeInBy({ store, metrics, tracing: NO_TRACING, nowMs }),
    metrics,
    ingestSecrets: [INGEST_SECRET],
    identity: identityKeys([IDENTITY_SECRET])[0],
    onFingerprint: () => undefined,
    nowMs,
    log: () => undefined,
  });
  server.calls.length = 0;
  const [beganMs, cpuBefore] = [performance.now(), process.cpuUsage()];
  let taken = 0;
  while (taken < batches) taken += await taking.takeNew();
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const stored = batches * DECISIONS_PER_BATCH;
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  say(`${stored} rankings with a click each, ${batches} batches of ${shards} shards`);
  say(`${Math.round(bytes / stored)} bytes per ranking in the bucket`);
  say(
    `taken in ${seconds.toFixed(1)} s: ${Math.round(stored / seconds)} rankings a second, ${((user + system) / stored).toFixed(0)} µs of processor time each, the bucket's own part included`,
  );
  say(
    `${(server.calls.length / batches).toFixed(1)} requests per batch, with lists of 3 keys a page`,
  );
  await store.close();
} finally {
  await server.close();
  await rm(dir, { recursive: true, force: true });
}
