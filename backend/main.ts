import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { readConfig, type BackendConfig } from './config/config.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { backendMetrics } from './process/metrics.ts';
import { findProblems, refreshGauges } from './http/readiness.ts';
import { log } from './process/logger.ts';
import { learningJob } from './runs/metric-weights/learning-job.ts';
import { monitorJobs } from './monitor/jobs.ts';
import { monthlyReportJob } from './reports/jobs.ts';
import { trainWithPolicy } from './runs/train/train-with-policy.ts';
import { onlineJob } from './runs/online/online-job.ts';
import { startClockwork, type Clockwork } from './scheduler/scheduler.ts';
import { DAILY_TRAINING, jobsOf } from './runs/jobs.ts';
import { leaseOf, presenceOf } from './scheduler/lease.ts';
import { roomsOf } from './services.ts';
import { openStore } from './store/open.ts';

export interface Backend {
  readonly url: string;
  /** Finishes what is under way, and closes the store. */
  close(): Promise<void>;
}

/** A backend that is gone is missed after this long. */
const LEASE_MS = 30_000;

/** The edge may be down: publishing goes on until it answers, and `/health/ready` says so. */
export async function startBackend(config: BackendConfig): Promise<Backend> {
  const nowMs = Date.now;
  const store = await openStore(config.database);
  const metrics = backendMetrics();
  const backend = randomUUID();
  const lease = (name: string, ttlMs: number) =>
    leaseOf(store, { name, holder: backend, ttlMs, nowMs });
  const rooms = roomsOf({ config, store, metrics, backend, lease, nowMs, log });
  const { versions, liveSchema, snapshots, rollout, rollouts, trainingData, trainer } = rooms;
  await versions.ensureRules(config.schema);
  const presence = lease(presenceOf(backend), LEASE_MS);
  await presence.renew();
  await trainer.closeInterrupted();

  let clockwork: Clockwork | undefined;
  const problems = () => findProblems(store, clockwork, snapshots);
  const app = createApp({
    ...rooms,
    store,
    experiments: rooms.experimentRoom.experiments,
    reports: rooms.experimentRoom.reports,
    metrics,
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
      ...rooms.experimentRoom.jobs(
        trainWithPolicy({ store, versions, trainer, nowMs }),
        config.trainingSchedule,
      ),
      learningJob({ learning: rooms.metricLearning, liveSchema, log }),
      onlineJob({
        store,
        versions,
        trainingData,
        edge: { edgeUrl: config.edgeUrl, secretKey: config.secretKeys[0] },
        settings: config.online,
        rewardPolicy: config.metricWeights.policy,
        nowMs,
        log,
      }),
      ...monitorJobs({
        store,
        account: rooms.account,
        versions,
        trainingData,
        liveSchema,
        settings: config.monitors,
        webhook: config.alertWebhook,
        trainsDaily: config.trainingSchedule !== '',
        nowMs,
        log,
      }),
      monthlyReportJob({
        store,
        account: rooms.account,
        schedule: config.monitors.reportSchedule,
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
      await rooms.stop();
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
