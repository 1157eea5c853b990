import { accessKeysOf } from './access/keys.ts';
import { outboundOf } from './outbound/outbound.ts';
import { keyPublisherOf } from './access/publish-keys.ts';
import { channelsOf } from './monitor/channels-of.ts';
import { apprenticeOf } from './apprentice/service.ts';
import { catalogueFeeds } from './catalogue/feeds/feeds.ts';
import type { FeedWorker } from './catalogue/feeds/feed-worker.ts';
import { businessOf } from './business/service.ts';
import { costsOf } from './costs/service.ts';
import type { SnapshotWorker } from './catalogue/snapshot-worker.ts';
import { periodsOf } from './config/periods.ts';
import { keptDaysOf, kvSettleOf, type BackendConfig } from './config/config.ts';
import { evaluationsOf } from './runs/evaluate/evaluations.ts';
import { experimentServiceOf } from './experiments/service.ts';
import type { Metrics } from './process/metrics.ts';
import type { Tracing } from './process/tracing.ts';
import { loginOf } from './login/service.ts';
import { metricLearning as metricLearningOf } from './runs/metric-weights/metric-learning.ts';
import { readRelatedItem } from './catalogue/related/related-item.ts';
import type { RelatedWorker } from './catalogue/related/related-worker.ts';
import type { LearnedWorker } from './log/learned-columns/learned-worker.ts';
import { dataReviewOf } from './log/review/service.ts';
import { accountOf } from './log/account/account.ts';
import { ranksForNobody } from './apprentice/ranks-for-nobody.ts';
import { operatorRulesOf } from './models/slate-rules.ts';
import { edgeKv } from './models/edge-kv.ts';
import { edgeReadsCrosses } from './models/edge-reads-crosses.ts';
import { snapshotFormatOf } from '../shared/format/snapshot-bytes.ts';
import { edgeReadsPatches, edgeReadsSnapshots } from './models/edge-reads-snapshots.ts';
import { rankingRoomOf } from './offline/ranking-room.ts';
import { tracedPublisher } from './models/traced-publisher.ts';
import { publisher as publisherOf } from './models/publisher.ts';
import { kvCleaning as kvCleaningOf } from './catalogue/clean-kv.ts';
import { publishedCheck as publishedCheckOf } from './catalogue/check-published.ts';
import { snapshotPublisher } from './catalogue/snapshot-publisher.ts';
import { exchangeRatesOf } from './catalogue/trade/exchange-rates.ts';
import { checkExchangeRates, checkFeeds } from './monitor/check-feeds.ts';
import { LEASE_MS, type Lease } from './scheduler/lease.ts';
import { liveSchemaReader } from './models/live-schema.ts';
import { rolloutServices } from './rollouts/service.ts';
import { MOVE_MS } from './models/write-pointer.ts';
import { onlineLearningOf } from './runs/online/online-job.ts';
import { readStandingHoldout } from './runs/online/standing-holdout.ts';
import { trainer as trainerOf } from './runs/trainer.ts';
import { versions as versionsOf } from './models/versions.ts';
import { DEFAULT_METRICS } from '../shared/domain/metric.ts';
import type { ItemId } from '../shared/domain/ids.ts';
import type { Schema } from '../shared/features/schema.ts';
import { localPathOf } from './store/local-path.ts';
import type { Store } from './store/open.ts';
import { upgradeOf } from './store/upgrade/finalize.ts';
import { threadOnDemand } from './process/thread.ts';
import { erasureJournal, JOURNAL_PREFIX } from './log/partitions/journal.ts';
import { openObjectStore } from './log/partitions/open-object-store.ts';
import { trainingData as trainingDataOf } from './log/training-data.ts';

const MINUTE_MS = 60_000;

export interface ServicesDeps {
  readonly config: BackendConfig;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** This process, by the name under which its presence is known. */
  readonly backend: string;
  /** A lease that this process may hold. */
  readonly lease: (name: string, ttlMs: number) => Lease;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/** Every service of the backend with what it needs of the others; nothing is served and nothing happens by itself yet. */
export function servicesOf({
  config,
  store,
  metrics,
  tracing,
  backend,
  lease,
  nowMs,
  log,
}: ServicesDeps) {
  const { database, kvSettleMs: settleMs } = config;
  const edge = { edgeUrl: config.edgeUrl, secretKey: config.secretKeys[0] };
  const outbound = outboundOf(config.outbound);
  const kv = edgeKv({ ...edge, headers: () => tracing.headers() });
  const publisher = tracedPublisher(publisherOf(kv, store, settleMs, nowMs), tracing);
  const versions = versionsOf(store, nowMs);
  const readsCrosses = () => edgeReadsCrosses(edge);
  const liveSchema = liveSchemaReader(store, versions);
  const packing = threadOnDemand<SnapshotWorker>(
    new URL('./catalogue/snapshot-worker.ts', import.meta.url),
  );
  const snapshots = snapshotPublisher({
    store,
    publisher,
    kv,
    lease: lease('publishing the catalogue', LEASE_MS),
    build: (schema, plan) => packing.call((worker) => worker.build(database, schema, plan)),
    liveSchema,
    edgeReads: (snapshot) => edgeReadsSnapshots(edge, snapshotFormatOf(snapshot)),
    edgeReadsPatches: () => edgeReadsPatches(edge),
    quietMs: config.republishQuietMs,
    withinMs: config.republishWithinMs,
    nowMs,
    log,
  });
  const learning = threadOnDemand<LearnedWorker>(
    new URL('./log/learned-columns/learned-worker.ts', import.meta.url),
    database,
  );
  const relating = threadOnDemand<RelatedWorker>(
    new URL('./catalogue/related/related-worker.ts', import.meta.url),
  );
  const comparing = threadOnDemand<FeedWorker>(
    new URL('./catalogue/feeds/feed-worker.ts', import.meta.url),
  );
  const feeds = catalogueFeeds({
    store,
    feeds: config.feeds,
    outbound,
    liveSchema,
    compare: (schema, feed) => comparing.call((worker) => worker.compare(database, schema, feed)),
    lease: lease('catalogue feeds', LEASE_MS),
    changed: () => snapshots.changed(),
    onRead: () => checkFeeds({ store, feeds: config.feeds.map(({ name }) => name), nowMs, log }),
    nowMs,
    log,
  });
  const exchangeRates = exchangeRatesOf({
    store,
    settings: config.exchangeRates,
    outbound,
    changed: () => snapshots.changed(),
    onRead: () => checkExchangeRates({ store, settings: config.exchangeRates, nowMs, log }),
    nowMs,
    log,
  });
  const checkCatalogue = (schema: Schema): Promise<number> =>
    packing.call((worker) => worker.check(database, schema));
  const sampleCatalogue = (schema: Schema) =>
    packing.call((worker) => worker.sample(database, schema));
  const publishedCheck = publishedCheckOf({
    store,
    kv,
    publisher,
    snapshots,
    edgeReadsPatches: () => edgeReadsPatches(edge),
    settleMs,
    nowMs,
    log,
  });
  const kvCleaning = kvCleaningOf({
    store,
    kv,
    settings: config.kv,
    retentionDays: config.trainingData.retentionDays,
    settleMs,
    nowMs,
  });
  const account = accountOf({ store, database, rules: config.trainingData, nowMs });
  const { livePointer, rollouts } = rolloutServices({
    store,
    account,
    publisher,
    versions,
    settings: config.rollout,
    settleMs,
    moving: lease('pointer', MOVE_MS),
    collectWithin: (experiment, window) => experimentService.collectWithin(experiment, window),
    onMoved: (kvWasLost) => (kvWasLost ? snapshots.forget() : snapshots.changed()),
    nowMs,
    log,
  });
  const apprentice = apprenticeOf({ store, database, account, livePointer, nowMs });
  const operatorRules = operatorRulesOf({ store, livePointer, nowMs });
  const business = businessOf({ store, database, account });
  const review = dataReviewOf(database, account);
  const metricLearning = metricLearningOf({
    store,
    database,
    settings: config.metricWeights,
    accountRules: config.trainingData,
    nowMs,
  });
  const keptDays = keptDaysOf(config);
  const rewardPolicy = config.metricWeights.policy;
  const experimentService = experimentServiceOf({
    store,
    database,
    versions,
    livePointer,
    account,
    retentionDays: config.trainingData.retentionDays,
    keptDays,
    rewardPolicy,
    ownMetrics: config.experiments.metrics,
    placements: config.placements,
    nowMs,
    log,
  });
  const journal = erasureJournal(
    [
      { objects: openObjectStore({ kind: 'folder', path: config.erasureFolder }), prefix: '' },
      { objects: openObjectStore(config.trainingStore), prefix: JOURNAL_PREFIX },
    ],
    log,
  );
  const trainingData = trainingDataOf({
    store,
    database,
    location: config.trainingStore,
    settings: config.trainingData,
    maxLagMs: config.monitors.ingest.maxLagMinutes * MINUTE_MS,
    identitySecret: config.identitySecrets[0],
    account,
    keptDays,
    journal,
    privacy: config.privacy,
    beforePrune: async () => {
      await metricLearning.gather();
      await experimentService.freeze();
    },
    nowMs,
  });
  const evaluations = evaluationsOf({
    store,
    database,
    versions,
    trainingData,
    rewardPolicy,
    rules: { ...config.training.gate, mode: config.rollout.mode },
    placements: config.placements,
    nowMs,
  });
  const trainer = trainerOf({
    store,
    database,
    trainingData,
    versions,
    publisher,
    livePointer,
    rewardPolicy,
    propose: (...asked) => rollouts.propose(...asked),
    placements: config.placements,
    mode: config.rollout.mode,
    isApprentice: () => ranksForNobody(store),
    training: config.training,
    edgeReadsCrosses: readsCrosses,
    backend,
    nowMs,
    log,
    onFinished: ({ status, startedAt, finishedAt, version }) => {
      tracing.record('training', {
        startMs: startedAt,
        endMs: finishedAt ?? nowMs(),
        failed: status === 'failed',
        attributes: { 'trimtab.status': status, ...(version && { 'trimtab.weights': version }) },
      });
      metrics.add('trimtab_training_runs_total', 1, { status });
      metrics.set('trimtab_training_last_timestamp_ms', finishedAt ?? nowMs());
    },
  });
  const harm = {
    metric: DEFAULT_METRICS.find(({ name }) => name === config.rollout.decides)!,
    minimumPerArm: config.rollout.minimumPerArm,
  };
  const onlineLearning = onlineLearningOf({
    store,
    database,
    rules: config.trainingData,
    versions,
    influence: config.trainingData.influence,
    edge: { edgeUrl: config.edgeUrl, secretKey: config.secretKeys[0] },
    settings: config.onlineLearning,
    collect: experimentService.collectWithin,
    harm,
    rewardPolicy,
    metrics,
    nowMs,
    log,
  });
  const keys = accessKeysOf({ store, nowMs });
  const places = {
    database: localPathOf(config.database.url) === undefined ? 'server' : 'file',
    trainingStore: config.trainingStore.kind === 'folder' ? 'folder' : 'bucket',
    isEdgeLocal: kvSettleOf(config.edgeUrl) === 0,
  } as const;
  const rankings = rankingRoomOf({ store, versions, kv });
  const alertChannels = channelsOf(
    config.alertAddresses,
    config.notices,
    config.dashboard.url,
    outbound,
  );
  return {
    kv,
    tracing,
    costs: costsOf({
      store,
      settings: config.costs,
      location: config.trainingStore,
      watchEveryMs: config.watchEveryMs,
      edgeProbeMs: config.monitors.edgeProbeSeconds * 1000,
      nowMs,
    }),
    upgrade: upgradeOf(store, database, nowMs),
    login: loginOf({
      store,
      settings: config.dashboard,
      secretKeys: config.secretKeys,
      oidcClientSecret: config.oidcClientSecret,
      outbound,
      nowMs,
    }),
    keys,
    keyPublisher: keyPublisherOf({ keys, edge, nowMs, log }),
    rankings,
    alertChannels,
    edgeReadsCrosses: readsCrosses,
    publisher,
    versions,
    liveSchema,
    checkCatalogue,
    sampleCatalogue,
    learning,
    readRelated: async (id: ItemId) => readRelatedItem(store, kv, await liveSchema(), id),
    buildRelated: (schema: Schema) => relating.call((worker) => worker.build(database, schema)),
    feeds,
    exchangeRates,
    snapshots,
    publishedCheck,
    kvCleaning,
    livePointer,
    placements: config.placements,
    rollouts,
    apprentice,
    operatorRules,
    business,
    review,
    metricLearning,
    experimentService,
    trainingData,
    journal,
    privacy: config.privacy,
    places,
    processing: {
      periods: periodsOf(config),
      places,
      controller: config.privacy.controller,
      channels: alertChannels.map(({ name }) => name),
      erasureHours: config.privacy.erasureHours,
      hasOidc: config.dashboard.oidc !== undefined,
    },
    rewardPolicy,
    evaluations,
    account,
    trainer,
    onlineLearning,
    standingHoldout: () =>
      readStandingHoldout(
        store,
        experimentService.collectWithin,
        { ...harm, ...config.onlineLearning },
        nowMs(),
      ),
    /** All but the training data: a run under way ends with their thread, which nobody may take for its failure. */
    async stop(): Promise<void> {
      await snapshots.close();
      await packing.stop();
      await comparing.stop();
      await relating.stop();
      await rankings.stop();
      await learning.stop();
      await onlineLearning.stop();
      await experimentService.stop();
      await apprentice.stop();
      await business.stop();
      await review.stop();
      await account.stop();
    },
  };
}
