import { publishedCheckJob } from './catalogue/check-published.ts';
import { kvCleaningJob } from './catalogue/clean-kv.ts';
import { feedJobs } from './catalogue/feeds/feed-jobs.ts';
import { relatedJob } from './catalogue/related/related-job.ts';
import { snapshotRetryJob } from './catalogue/snapshot-publisher.ts';
import { rateJobs } from './catalogue/trade/rate-jobs.ts';
import { learnedJobs } from './log/learned-columns/learned-job.ts';
import { journalErasures } from './log/retention/receipts.ts';
import type { StoredBatches } from './log/stored-batches/service.ts';
import type { EdgeProbe } from './monitor/edge-probe.ts';
import { monitorJobs } from './monitor/jobs.ts';
import { monthlyReportJob } from './reports/jobs.ts';
import { jobsOf } from './runs/jobs.ts';
import { learningJob } from './runs/metric-weights/learning-job.ts';
import { trainOnDrift } from './runs/train-on-drift.ts';
import { trainWithPolicy } from './runs/train-with-policy.ts';
import { inTurnWithOthers } from './scheduler/in-turn-with-others.ts';
import { LEASE_MS, type Lease } from './scheduler/lease.ts';
import type { Job } from './scheduler/scheduler.ts';
import type { servicesOf, ServicesDeps } from './services.ts';
import type { StoreHealth } from './store/health.ts';

/** Once an hour every page is read. */
const PAGE_CHECK_SCHEDULE = '17 * * * *';

export interface ScheduledJobsDeps extends Pick<
  ServicesDeps,
  'config' | 'store' | 'lease' | 'nowMs' | 'log'
> {
  readonly services: ReturnType<typeof servicesOf>;
  /** Held by the one backend that does what only one may do. */
  readonly leader: Lease;
  readonly lineages: Job;
  /** Where there is a bucket of the log. */
  readonly storedBatches: Pick<StoredBatches, 'jobs'> | undefined;
  readonly health: Pick<StoreHealth, 'checkPages'>;
  readonly probes: EdgeProbe['probes'];
}

/** All that a backend does by the clock, as its configuration and its roles say. */
export function scheduledJobs({
  config,
  services,
  store,
  lease,
  leader,
  lineages,
  storedBatches,
  health,
  probes,
  nowMs,
  log,
}: ScheduledJobsDeps): Job[] {
  const {
    versions,
    liveSchema,
    snapshots,
    publishedCheck,
    kvCleaning,
    rollouts,
    trainingData,
    trainer,
  } = services;
  const everyMs = config.watchEveryMs;
  return [
    ...(config.roles.includes('ingest') ? (storedBatches?.jobs() ?? []) : []),
    snapshotRetryJob({ snapshots, everyMs }),
    publishedCheckJob({ check: publishedCheck, everyMs, log }),
    ...feedJobs({ store, feeds: services.feeds, everyMs, nowMs }),
    ...rateJobs({
      store,
      rates: services.exchangeRates,
      everyMs,
      nowMs,
    }),
    services.keyPublisher.job(everyMs),
    kvCleaningJob({ cleaning: kvCleaning, schedule: config.kv.cleanSchedule, leader, log }),
    ...learnedJobs({
      store,
      account: services.account,
      publisher: services.publisher,
      liveSchema,
      thread: services.learning,
      settings: config.learnedColumns,
      everyMs,
      nowMs,
      log,
    }),
    relatedJob({
      store,
      kv: services.kv,
      publisher: services.publisher,
      liveSchema,
      build: services.buildRelated,
      settleMs: config.kvSettleMs,
      everyMs,
      nowMs,
      log,
    }),
    {
      name: 'check of the database',
      schedule: PAGE_CHECK_SCHEDULE,
      leaderOnly: false,
      run: () => health.checkPages(),
    },
    ...(Object.keys(config.placements).length > 0 ? [lineages] : []),
    ...jobsOf({
      config,
      trainer,
      trainingData,
      rollouts,
      leader,
      inTurn: (job) => inTurnWithOthers(lease('pruning', LEASE_MS), job),
      log,
    }),
    ...services.experimentService.jobs(
      trainWithPolicy({ store, versions, trainer, nowMs }),
      config.training.schedule,
    ),
    {
      name: 'journal of erasures',
      schedule: '* * * * *',
      leaderOnly: true,
      run: () => journalErasures(store, services.journal, nowMs()),
    },
    learningJob({ learning: services.metricLearning, liveSchema, log }),
    services.onlineLearning.job,
    ...monitorJobs({
      store,
      account: services.account,
      versions,
      trainingData,
      liveSchema,
      feeds: config.feeds.map(({ name }) => name),
      exchangeRates: config.exchangeRates,
      erasureHours: config.privacy.erasureHours,
      settings: config.monitors,
      objectives: config.objectives,
      costs: services.costs,
      channels: services.alertChannels,
      probes,
      sampleCatalogue: services.sampleCatalogue,
      afterDaily: () =>
        trainOnDrift({ store, trainer, settings: config.monitors.drift, nowMs, log }),
      trainsDaily: config.training.schedule !== '',
      nowMs,
      log,
    }),
    monthlyReportJob({
      store,
      account: services.account,
      schedule: config.monitors.reportSchedule,
      nowMs,
      log,
    }),
  ];
}
