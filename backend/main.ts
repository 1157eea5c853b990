import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { keptDaysOf, loadConfig, type BackendConfig } from './config/config.ts';
import { keepPrivate } from './config/keep-private.ts';
import { stateDir } from './config/state-dir.ts';
import { edgeKey as edgeKeyOf } from './log/identity/edge-key.ts';
import { noteEpochs } from './log/identity/epochs.ts';
import { rekeyLog } from './log/identity/rekey-log.ts';
import { examine } from './doctor/doctor.ts';
import { takeInBy } from './log/ingest/take-in.ts';
import { openObjectStore } from './log/partitions/open-object-store.ts';
import { s3Bucket } from './log/stored-batches/bucket.ts';
import { noteBucket } from './log/stored-batches/has-bucket.ts';
import { storedBatchesOf } from './log/stored-batches/service.ts';
import { receiptsSince } from './log/retention/receipts.ts';
import { replayErasures } from './log/retention/replay-erasures.ts';
import { dashboardRoutes } from './dashboard/routes.ts';
import { identityKeys } from '../shared/domain/identity.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { outboundOf } from './outbound/outbound.ts';
import { sendTracesTo } from './outbound/send-traces.ts';
import { backendMetrics } from './process/metrics.ts';
import { NO_TRACING, tracingBy } from './process/tracing.ts';
import { findProblems, refreshGauges } from './http/readiness.ts';
import { recentGauges } from './http/recent-gauges.ts';
import { log } from './process/logger.ts';
import { putTradeInForce } from './catalogue/trade/put-in-force.ts';
import { marketsOf } from './catalogue/trade/settings.ts';
import { feedJob } from './catalogue/feeds/feed-jobs.ts';
import { startEdgeProbe } from './monitor/edge-probe.ts';
import { startPointerWatch, type PointerWatch } from './models/pointer-watch.ts';
import { leadershipOf } from './scheduler/leadership.ts';
import { startScheduler, type Scheduler } from './scheduler/scheduler.ts';
import { lineageJob } from './rollouts/begin-lineages.ts';
import { schemaInForce } from './rollouts/schema-in-force.ts';
import { DAILY_TRAINING } from './runs/jobs.ts';
import { recordJobRun } from './scheduler/job-runs.ts';
import { inTurnWithOthers } from './scheduler/in-turn-with-others.ts';
import { LEASE_MS, leaseOf, presenceOf } from './scheduler/lease.ts';
import { listBackends, presenceHolder } from './scheduler/live-backends.ts';
import { scheduledJobs } from './scheduled-jobs.ts';
import { servicesOf } from './services.ts';
import { storeHealth } from './store/health.ts';
import { lockStateDir } from './start/lock-state-dir.ts';
import { openStore } from './store/open.ts';

export interface Backend {
  readonly url: string;
  /** Answers as over HTTP, without a connection. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Finishes what is under way, and closes the store. */
  close(): Promise<void>;
}

/** What a store is prepared with, once and by one backend at a time; the lease is older than its other uses. */
const PREPARING = 'keying ids';

/** The edge may be down: publishing goes on until it answers, and `/health/ready` says so. */
export async function startBackend(config: BackendConfig): Promise<Backend> {
  const nowMs = Date.now;
  const upSinceMs = nowMs();
  const store = await openStore(config.database);
  const metrics = backendMetrics();
  const backend = randomUUID();
  const lease = (name: string, ttlMs: number) =>
    leaseOf(store, { name, holder: backend, ttlMs, nowMs });
  const identity = identityKeys(config.identitySecrets);
  const edgeKey = edgeKeyOf(identity, log);
  const tracing =
    config.traceAddress === undefined
      ? NO_TRACING
      : tracingBy(
          config.traces.share,
          sendTracesTo(config.traceAddress, outboundOf(config.outbound)),
          ({ exported, dropped }) => {
            metrics.set('trimtab_trace_spans_total', exported, { outcome: 'exported' });
            metrics.set('trimtab_trace_spans_total', dropped, { outcome: 'dropped' });
          },
        );
  const services = servicesOf({ config, store, metrics, tracing, backend, lease, nowMs, log });
  const {
    versions,
    liveSchema,
    snapshots,
    publishedCheck,
    kvCleaning,
    livePointer,
    trainingData,
    trainer,
  } = services;
  await inTurnWithOthers(lease(PREPARING, LEASE_MS), async () => {
    await rekeyLog(store, identity[0], nowMs(), log);
    await noteBucket(store, config.logStore !== undefined, nowMs(), log);
    const replayed = await replayErasures({
      store,
      journal: services.journal,
      since: await receiptsSince(store, config.privacy, nowMs()),
      nowMs,
      log,
    });
    if (replayed > 0) await trainingData.forgetDeleted();
    for (const problem of await noteEpochs(store, identity, keptDaysOf(config), nowMs()))
      log(problem);
    await versions.ensureRules(config.schema);
  });
  const presence = leaseOf(store, {
    name: presenceOf(backend),
    holder: presenceHolder(backend, config.roles),
    ttlMs: LEASE_MS,
    nowMs,
  });
  await presence.renew();
  await trainer.closeInterrupted();

  let pointerWatch: PointerWatch | undefined;
  let scheduler: Scheduler | undefined;
  const health = storeHealth({ ...config, store, nowMs, log });
  const lineages = lineageJob({
    store,
    versions,
    publisher: services.publisher,
    livePointer,
    placements: config.placements,
    everyMs: config.watchEveryMs,
    log,
  });
  const bucket = config.logStore && s3Bucket(config.logStore);
  const storedBatches =
    bucket &&
    storedBatchesOf({
      bucket,
      store,
      settings: config.storedBatches,
      backend,
      takeIn: takeInBy({ store, metrics, tracing, nowMs }),
      metrics,
      ingestSecrets: config.ingestSecrets,
      identity: identity[0],
      onFingerprint: (fingerprint) => edgeKey.seen(fingerprint),
      nowMs,
      log,
    });
  const problems = () =>
    findProblems({
      store,
      storeHealth: health,
      pointerWatch,
      snapshots,
      publishedCheck,
      edgeKey,
      storedBatches,
    });
  const edgeProbe = startEdgeProbe({
    edgeUrl: config.edgeUrl,
    secretKey: config.secretKeys[0],
    everyMs: config.monitors.edgeProbeSeconds * 1000,
    nowMs,
  });
  const refreshRecent = recentGauges({
    store,
    metrics,
    probes: edgeProbe.probes,
    objectives: config.objectives,
    nowMs,
  });
  const app = createApp({
    ...services,
    store,
    experiments: services.experimentService.experiments,
    reports: services.experimentService.reports,
    metrics,
    problems,
    roles: config.roles,
    backends: () => listBackends(store, nowMs),
    lineageProblems: lineages.problems,
    examine: () =>
      examine({
        store,
        database: config.database,
        kv: services.kv,
        edge: config,
        trainingStore: config.trainingStore,
        logStore: bucket && {
          bucket,
          objects: openObjectStore(config.logStore),
          refused: () => storedBatches!.refused(),
        },
        roles: config.roles,
        upgrade: services.upgrade,
        channels: services.alertChannels.map(({ name }) => name),
        storeProblems: () => health.problems(),
        jobs: () => scheduler?.jobs() ?? [],
        upSinceMs,
        nowMs,
      }),
    refreshGauges: async () => {
      await refreshGauges(metrics, store, trainer, await problems());
      await refreshRecent();
    },
    configuredSchema: config.hasOwnSchema ? config.schema : undefined,
    nextFeedAt: (name) => scheduler?.nextAt(feedJob(name)) ?? null,
    nextTrainingAt: () => scheduler?.nextAt(DAILY_TRAINING) ?? null,
    secretKeys: config.secretKeys,
    edgeProbe,
    objectiveSettings: config.objectives,
    ingestSecrets: config.ingestSecrets,
    catalogueSecrets: config.catalogueSecrets,
    identity,
    edgeKey,
    nowMs,
    log,
  });
  app.route('/', dashboardRoutes({ store, login: services.login, edgeUrl: config.edgeUrl }));
  const listening = await listen(app.fetch, config.host, config.port);
  log(
    await schemaInForce({
      store,
      live: await liveSchema(),
      configured: config.hasOwnSchema ? config.schema : undefined,
    }),
  );
  const leader = lease('leader', LEASE_MS);
  const mayLead = config.roles.includes('train');
  const leadership = leadershipOf({
    leader,
    presence,
    leaseMs: LEASE_MS,
    mayLead,
  });
  // One that never reads rates nor feeds has no say in them: its configuration may be a smaller one.
  if (mayLead)
    await putTradeInForce(
      store,
      marketsOf(config.markets, config.catalogue.markets),
      services.exchangeRates,
      nowMs(),
    );
  snapshots.changed();
  pointerWatch = startPointerWatch({
    livePointer,
    renewLeases: () => leadership.renew(),
    everyMs: config.watchEveryMs,
    log,
  });
  scheduler = startScheduler({
    leadership,
    record: (run) => recordJobRun(store, run),
    jobs: scheduledJobs({
      config,
      services,
      store,
      lease,
      leader,
      lineages,
      storedBatches,
      health,
      probes: edgeProbe.probes,
      nowMs,
      log,
    }),
    log,
  });
  health.start();
  return {
    url: listening.url,
    fetch: (request) => app.fetch(request),
    async close() {
      trainer.abandon();
      await edgeProbe.stop();
      kvCleaning.stop();
      services.feeds.stop();
      await pointerWatch?.stop();
      await scheduler?.stop();
      await health.stop();
      await leadership.release();
      await listening.close();
      await services.stop();
      await store.close();
      await trainingData.stop();
      await tracing.stop();
    },
  };
}

/**
 * The same, as the only backend of this state directory. Backends that share a libSQL server keep nothing in it, and may
 * share the directory's keys too.
 */
export async function startLockedBackend(config: BackendConfig): Promise<Backend> {
  if (!config.database.url.startsWith('file:')) return startBackend(config);
  const lock = await lockStateDir(stateDir(), 'serve', { backend: config.port });
  try {
    const backend = await startBackend(config);
    return { ...backend, close: () => backend.close().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  keepPrivate(stateDir());
  const backend = await startLockedBackend(
    await loadConfig({ env: process.env, directory: process.cwd() }),
  );
  log(`listening on ${backend.url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void backend.close().finally(() => process.exit()));
  }
}
