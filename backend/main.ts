import { pathToFileURL } from 'node:url';
import type { SnapshotWorker } from './catalogue/snapshot-worker.ts';
import { readConfig, type BackendConfig } from './config.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { backendMetrics } from './http/metrics.ts';
import { findProblems, refreshGauges } from './http/readiness.ts';
import { log } from './log.ts';
import { metricLearning as metricLearningOf } from './metric-weights/metric-learning.ts';
import { edgeKv } from './publish/edge-kv.ts';
import { publisher as publisherOf } from './publish/publisher.ts';
import { snapshotPublisher } from './publish/snapshot-publisher.ts';
import { rollout as rolloutOf } from './rollout/apply.ts';
import { startClockwork, type Clockwork } from './rollout/clockwork.ts';
import { liveSchema as liveSchemaOf } from './rollout/live-schema.ts';
import { trainer as trainerOf } from './rollout/trainer.ts';
import { versions as versionsOf } from './rollout/versions.ts';
import { openStore } from './store/open.ts';
import { evaluationsOf } from './evaluate/evaluations.ts';
import { trainingData as trainingDataOf } from './training-data/training-data.ts';
import { startThread } from './threads/thread.ts';

export interface Backend {
  readonly url: string;
  /** Finishes what is under way, and closes the store. */
  close(): Promise<void>;
}

/** The edge may be down: publishing goes on until it answers, and `/health/ready` says so. */
export async function startBackend(config: BackendConfig): Promise<Backend> {
  const nowMs = Date.now;
  const { database, kvSettleMs: settleMs } = config;
  const store = await openStore(database);
  const metrics = backendMetrics();
  const kv = edgeKv({ edgeUrl: config.edgeUrl, secretKey: config.secretKeys[0] });
  const publisher = publisherOf(kv, store, settleMs, nowMs);
  const versions = versionsOf(store, nowMs);
  const liveSchema = () => liveSchemaOf(store, versions);
  const packing = startThread<SnapshotWorker>(
    new URL('./catalogue/snapshot-worker.ts', import.meta.url),
  );
  const snapshots = snapshotPublisher({
    store,
    publisher,
    kv,
    build: (schema) => packing.call((worker) => worker.build(database, schema)),
    liveSchema,
    quietMs: config.republishQuietMs,
    withinMs: config.republishWithinMs,
    nowMs,
    log,
  });
  const onMoved = (kvWasLost: boolean) => (kvWasLost ? snapshots.forget() : snapshots.changed());
  const rollout = rolloutOf({ store, publisher, versions, settleMs, nowMs, onMoved });
  const metricLearning = metricLearningOf({
    store,
    database,
    settings: config.metricWeights,
    labelling: config.trainingData,
    nowMs,
  });
  const rewardPolicy = config.metricWeights.policy;
  const trainingData = trainingDataOf({
    store,
    database,
    location: config.trainingStore,
    settings: config.trainingData,
    beforePrune: () => metricLearning.gather(),
    nowMs,
  });
  const trainer = trainerOf({
    store,
    data: trainingData,
    versions,
    publisher,
    rollout,
    rewardPolicy,
    nowMs,
    log,
    onFinished: ({ status, finishedAt }) => {
      metrics.add('trimtab_training_runs_total', 1, { status });
      metrics.set('trimtab_training_last_timestamp_ms', finishedAt ?? nowMs());
    },
  });
  await versions.ensureRules(config.schema);
  await trainer.closeInterrupted();

  let clockwork: Clockwork | undefined;
  const problems = () => findProblems(store, clockwork, snapshots);
  const app = createApp({
    store,
    publisher,
    versions,
    rollout,
    snapshots,
    trainer,
    trainingData,
    evaluations: evaluationsOf({ store, versions, trainingData, rewardPolicy, nowMs }),
    metricLearning,
    metrics,
    liveSchema,
    problems,
    refreshGauges: async () => refreshGauges(metrics, store, trainer, await problems()),
    nextTrainingAt: () => clockwork?.nextTrainingAt() ?? null,
    secretKeys: config.secretKeys,
    ingestSecret: config.ingestSecret,
    nowMs,
    log,
  });
  const listening = await listen(app.fetch, config.host, config.port);
  const { watchSchedule, trainingSchedule, pruneSchedule } = config;
  clockwork = startClockwork({
    rollout,
    snapshots,
    trainer,
    trainingData,
    watchSchedule,
    trainingSchedule,
    pruneSchedule,
    log,
  });
  return {
    url: listening.url,
    async close() {
      trainer.abandon();
      await clockwork?.stop();
      await listening.close();
      await snapshots.close();
      await packing.stop();
      await store.close();
      await trainingData.stop();
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const backend = await startBackend(readConfig(process.env));
  log(`listening on ${backend.url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void backend.close().finally(() => process.exit()));
  }
}
