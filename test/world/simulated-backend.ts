import { ROLES } from '../../backend/scheduler/roles.ts';
import { parseObjectives } from '../../backend/monitor/objectives/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendConfig } from '../../backend/config/config.ts';
import { createApp } from '../../backend/http/app.ts';
import { edgeKey as edgeKeyOf } from '../../backend/log/identity/edge-key.ts';
import { backendMetrics } from '../../backend/process/metrics.ts';
import { NO_TRACING } from '../../backend/process/tracing.ts';
import { learningJob } from '../../backend/runs/metric-weights/learning-job.ts';
import { trainWithPolicy } from '../../backend/runs/train-with-policy.ts';
import { leaseOf } from '../../backend/scheduler/lease.ts';
import type { Job } from '../../backend/scheduler/scheduler.ts';
import { servicesOf } from '../../backend/services.ts';
import type { Store } from '../../backend/store/open.ts';
import { identityKeys } from '../../shared/domain/identity.ts';
import { parsePointer, parseSnapshotPointer, type Pointer } from '../../shared/domain/pointer.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { ingestBatchToBytes, type IngestBatch } from '../../shared/format/ingest-bytes.ts';
import { patchFromBytes } from '../../shared/format/patch-bytes.ts';
import { patched } from '../../shared/format/patched.ts';
import { snapshotFromBytes } from '../../shared/format/snapshot-bytes.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { eventually } from '../backend/support/backend.ts';
import {
  IDENTITY_SECRET,
  INGEST_SECRET,
  NO_TRAINING,
  SECRET_KEY,
  testConfig,
} from '../backend/support/backend-config.ts';
import { signed } from '../backend/support/batches.ts';
import { startKvServer } from '../backend/support/kv-server.ts';
import { borrowStore } from '../support/borrow-store.ts';

/** When its jobs run: told by hand here, so the schedule only has to be one. */
const DAILY = '0 4 * * *';

/**
 * Every service of the backend with its routes, over a store on disk and a KV of its own, on a clock that the test winds.
 * Jobs run when they are told to, as the scheduler goes by this machine's clock.
 */
export interface SimulatedBackend {
  readonly store: Store;
  readonly clock: { nowMs: number };
  readonly log: string[];
  /** Asks a route. @throws Error with the answer where it is not 2xx. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  call(method: string, path: string, body?: unknown): Promise<any>;
  /** Sends a batch as the edge does: signed, and without a key. */
  send(batch: IngestBatch): Promise<void>;
  /** As an edge reads them from KV. */
  pointer(): Pointer;
  catalogue(): Promise<RankableTable>;
  version(version: Version): Promise<Scorer>;
  /** Learns metric weights, and after it trains the arms of experiments, as the schedules do every night. */
  night(): Promise<void>;
  close(): Promise<void>;
}

/** @param changes to the settings of a backend that a test starts. @param startMs epoch ms at which the clock stands. */
export async function openSimulatedBackend(
  startMs: number,
  changes: Partial<BackendConfig> = {},
): Promise<SimulatedBackend> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-simulated-'));
  const store = await borrowStore();
  const kv = await startKvServer(SECRET_KEY);
  const clock = { nowMs: startMs };
  const nowMs = () => clock.nowMs;
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const config: BackendConfig = {
    ...testConfig({ folder: directory, databaseUrl: store.url, edgeUrl: kv.url }),
    hasOwnSchema: true,
    training: { ...NO_TRAINING, schedule: DAILY },
    republishQuietMs: 1,
    republishWithinMs: 10,
    ...changes,
  };
  const metrics = backendMetrics();
  const lease = (name: string, ttlMs: number) =>
    leaseOf(store, { name, holder: 'simulated', ttlMs, nowMs });
  const identity = identityKeys([IDENTITY_SECRET]);
  const services = servicesOf({
    config,
    store,
    metrics,
    tracing: NO_TRACING,
    backend: 'simulated',
    lease,
    nowMs,
    log,
  });
  const { versions, trainer, liveSchema, livePointer, snapshots, experimentService } = services;
  await versions.ensureRules(config.schema);
  await livePointer.reconcile();
  const app = createApp({
    roles: ROLES,
    lineageProblems: () => new Map(),
    backends: async () => [],
    ...services,
    store,
    experiments: experimentService.experiments,
    reports: experimentService.reports,
    metrics,
    examine: () => Promise.resolve([]),
    problems: async () => [snapshots.problem()].filter((problem) => problem !== undefined),
    refreshGauges: async () => {},
    edgeProbe: { probes: () => [] },
    objectiveSettings: parseObjectives({}),
    configuredSchema: config.schema,
    nextFeedAt: () => null,
    nextTrainingAt: () => null,
    secretKeys: config.secretKeys,
    ingestSecrets: [INGEST_SECRET],
    catalogueSecrets: [],
    identity,
    edgeKey: edgeKeyOf(identity, log),
    nowMs,
    log,
  });
  const jobs: readonly Job[] = [
    learningJob({ learning: services.metricLearning, liveSchema, log }),
    ...experimentService.jobs(trainWithPolicy({ store, versions, trainer, nowMs }), DAILY),
  ];
  const ask = async (path: string, init: RequestInit) => {
    const response = await app.request(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as unknown;
  };
  return {
    store,
    clock,
    log: lines,
    call: (method, path, body) =>
      ask(path, {
        method,
        headers: { authorization: `Bearer ${SECRET_KEY}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async send(batch) {
      const body = ingestBatchToBytes(batch);
      await ask('/v1/ingest', {
        method: 'POST',
        headers: signed(body, INGEST_SECRET, clock.nowMs),
        body,
      });
    },
    pointer: () => parsePointer(kv.text('WEIGHTS/active')!)!,
    async catalogue() {
      const active = await eventually(() => kv.text('CATALOGUE/active'));
      const { hash, parts, patches = [] } = parseSnapshotPointer(active ?? '')!;
      const bytes = Buffer.concat(
        Array.from({ length: parts }, (_, part) => kv.values.get(`CATALOGUE/s/${hash}/${part}`)!),
      );
      const { table } = patched(
        snapshotFromBytes(bytes),
        patches.map((patch) => patchFromBytes(kv.values.get(`CATALOGUE/p/${patch.hash}/0`)!)),
      );
      return rankable(table);
    },
    version: (version) => versions.load(version),
    async night() {
      for (const name of ['metric weights', 'training of experiments’ arms'])
        await jobs.find((job) => job.name === name)!.run();
    },
    async close() {
      trainer.abandon();
      await services.stop();
      await services.trainingData.stop();
      await store.close();
      await kv.close();
      rmSync(directory, { recursive: true });
    },
  };
}
