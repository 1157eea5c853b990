import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { SnapshotWorker } from './catalogue/snapshot-worker.ts';
import { readConfig, type BackendConfig } from './config.ts';
import { combineStrata } from './experiment/analysis/strata.ts';
import { experimentRoom } from './experiment/experiment-room.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { backendMetrics } from './http/metrics.ts';
import { findProblems, refreshGauges } from './http/readiness.ts';
import { log } from './log.ts';
import { learningJob } from './metric-weights/learning-job.ts';
import { metricLearning as metricLearningOf } from './metric-weights/metric-learning.ts';
import { monitorJobs } from './monitor/jobs.ts';
import { onlineJob } from './online/online-job.ts';
import { edgeKv } from './publish/edge-kv.ts';
import { publisher as publisherOf } from './publish/publisher.ts';
import { snapshotPublisher } from './publish/snapshot-publisher.ts';
import { rollout as rolloutOf } from './rollout/apply.ts';
import { dataDoubts } from './rollout/data-doubts.ts';
import { DAILY_TRAINING, jobsOf } from './rollout/jobs.ts';
import { leaseOf, presenceOf } from './rollout/lease.ts';
import { rolloutsOf } from './rollout/rollouts.ts';
import { trafficNow } from './rollout/traffic-now.ts';
import { gatherEvidence, type EvidenceDeps } from './rollout/evidence.ts';
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

/** A backend that is gone is missed after this long. */
const LEASE_MS = 30_000;
/** Longer than writing the pointer takes, retries included. */
const MOVE_MS = 15_000;

/** The edge may be down: publishing goes on until it answers, and `/health/ready` says so. */
export async function startBackend(config: BackendConfig): Promise<Backend> {
  const nowMs = Date.now;
  const { database, kvSettleMs: settleMs } = config;
  const store = await openStore(database);
  const metrics = backendMetrics();
  const edge = { edgeUrl: config.edgeUrl, secretKey: config.secretKeys[0] };
  const kv = edgeKv(edge);
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
  const backend = randomUUID();
  const lease = (name: string, ttlMs: number) =>
    leaseOf(store, { name, holder: backend, ttlMs, nowMs });
  const onMoved = (kvWasLost: boolean) => (kvWasLost ? snapshots.forget() : snapshots.changed());
  const settings = config.rollout;
  const rollout = rolloutOf({
    store,
    publisher,
    versions,
    traffic: () => trafficNow(store, settings.shadowShare),
    beforeRelease: () => rollouts.seeOps(),
    moving: lease('pointer', MOVE_MS),
    settleMs,
    nowMs,
    onMoved,
  });
  const evidence: EvidenceDeps = {
    store,
    collect: async (experiment, { from, to }) =>
      (await room.collectWithin(experiment, { from, to: to - 1 })).statistics,
    combine: combineStrata,
    doubts: () => dataDoubts(store),
    alpha: settings.alpha,
    settleMs,
  };
  const rollouts = rolloutsOf({
    store,
    versions,
    settings,
    rollout,
    gather: (row, at) => gatherEvidence(evidence, row, at),
    nowMs,
    log,
  });
  const metricLearning = metricLearningOf({
    store,
    database,
    settings: config.metricWeights,
    labelling: config.trainingData,
    nowMs,
  });
  const rewardPolicy = config.metricWeights.policy;
  const room = experimentRoom({
    store,
    database,
    versions,
    rollout,
    settings: config.trainingData,
    rewardPolicy,
    nowMs,
    log,
  });
  const trainingData = trainingDataOf({
    store,
    database,
    location: config.trainingStore,
    settings: config.trainingData,
    beforePrune: async () => {
      await metricLearning.gather();
      await room.freeze();
    },
    nowMs,
  });
  const trainer = trainerOf({
    store,
    data: trainingData,
    versions,
    publisher,
    rollout,
    rewardPolicy,
    propose: (version, gate, by) => rollouts.propose(version, gate, by),
    mode: settings.mode,
    backend,
    nowMs,
    log,
    onFinished: ({ status, finishedAt }) => {
      metrics.add('trimtab_training_runs_total', 1, { status });
      metrics.set('trimtab_training_last_timestamp_ms', finishedAt ?? nowMs());
    },
  });
  await versions.ensureRules(config.schema);
  const presence = lease(presenceOf(backend), LEASE_MS);
  await presence.renew();
  await trainer.closeInterrupted();

  let clockwork: Clockwork | undefined;
  const problems = () => findProblems(store, clockwork, snapshots);
  const app = createApp({
    store,
    publisher,
    versions,
    rollout,
    rollouts,
    snapshots,
    trainer,
    trainingData,
    evaluations: evaluationsOf({ store, versions, trainingData, rewardPolicy, nowMs }),
    experiments: room.experiments,
    reports: room.reports,
    metricLearning,
    metrics,
    liveSchema,
    problems,
    refreshGauges: async () => refreshGauges(metrics, store, trainer, await problems()),
    nextTrainingAt: () => clockwork?.nextAt(DAILY_TRAINING) ?? null,
    secretKeys: config.secretKeys,
    ingestSecret: config.ingestSecret,
    nowMs,
    log,
  });
  const listening = await listen(app.fetch, config.host, config.port);
  const leader = lease('leader', LEASE_MS);
  clockwork = startClockwork({
    rollout,
    snapshots,
    leader,
    presence,
    leaseMs: LEASE_MS,
    watchSchedule: config.watchSchedule,
    jobs: [
      ...jobsOf({ config, trainer, trainingData, rollouts, leader, nowMs, log }),
      ...room.jobs(trainer, config.trainingSchedule),
      learningJob({ learning: metricLearning, liveSchema, log }),
      onlineJob({
        store,
        versions,
        trainingData,
        edge,
        settings: config.online,
        rewardPolicy,
        nowMs,
        log,
      }),
      ...monitorJobs({
        store,
        versions,
        trainingData,
        liveSchema,
        settings: config.monitors,
        webhook: config.alertWebhook,
        trainsDaily: config.trainingSchedule !== '',
        nowMs,
        log,
      }),
    ],
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
      await room.stop();
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
