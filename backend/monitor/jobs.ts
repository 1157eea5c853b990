import type { Schema } from '../../shared/features/schema.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { CatalogueSample } from '../catalogue/catalogue-sample.ts';
import type { Versions } from '../models/versions.ts';
import type { Account } from '../log/account/account.ts';
import type { Store } from '../store/open.ts';
import type { TrainingDataService } from '../log/training-data.ts';
import type { Costs } from '../costs/service.ts';
import { readHighCosts } from './high-costs.ts';
import type { ExchangeRateSettings } from '../catalogue/trade/settings.ts';
import { exchangeRatesMonitor } from './exchange-rates.ts';
import { feedMonitor } from './refused-feeds.ts';
import { readWrongClock } from './clock.ts';
import { readDataQuality } from './data-quality.ts';
import { readUnseenValues } from './unseen-values.ts';
import { degradedMetrics } from './degraded-metrics.ts';
import type { Span } from '../log/account/span.ts';
import { findEdgeErrors } from './edge-errors.ts';
import type { Probe } from './edge-probe.ts';
import { readLatency } from './latency.ts';
import { readRefusedFeedback } from './refused-feedback.ts';
import { readDegradedRankings } from './degraded-rankings.ts';
import { readIngestLag } from './ingest-lag.ts';
import { readLostDecisions } from './lost-decisions.ts';
import { readOldEdges } from './old-edges.ts';
import { findSampleRatioMismatch, readArmSizes } from './sample-ratio.ts';
import { readStandstills } from './rollout-standstill.ts';
import { readOverdueErasures } from './overdue-erasures.ts';
import { readLeftPlacements } from './placement-left.ts';
import { readLimitedLearning } from './learning-limited.ts';
import { readStoppedLearning } from './learning-stopped.ts';
import { findStaleData } from './stale-data.ts';
import { driftMonitor } from './read-drift.ts';
import { readLastTimes } from './read-last-times.ts';
import type { Channel } from './channel.ts';
import { runMonitors, type Monitor } from './run-monitors.ts';
import { sendNotices } from './send-notices.ts';
import { readFastBurns, readSlowBurns } from './objectives/find-burns.ts';
import type { ObjectiveSettings } from './objectives/settings.ts';
import type { MonitorSettings } from './settings.ts';

export interface MonitorDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly versions: Pick<Versions, 'load'>;
  readonly trainingData: Pick<TrainingDataService, 'prepare'>;
  readonly liveSchema: () => Promise<Schema>;
  /** Samples the catalogue as it is now. */
  readonly sampleCatalogue: (schema: Schema) => Promise<CatalogueSample>;
  /** Called after each daily check, when the alerts are up to date. */
  readonly afterDaily: () => Promise<void>;
  /** Within how many hours an erasure is complete. */
  readonly erasureHours: number;
  /** Names of the catalogue's feeds. */
  readonly feeds: readonly string[];
  readonly exchangeRates?: ExchangeRateSettings | undefined;
  readonly settings: MonitorSettings;
  readonly objectives: ObjectiveSettings;
  readonly costs: Costs;
  /** Who is told of alerts. */
  readonly channels: readonly Channel[];
  /** What the edge answered this backend, oldest first. */
  readonly probes: () => readonly Probe[];
  /** Training is scheduled, so that none for too long is an alert. */
  readonly trainsDaily: boolean;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/** The monitors and their notices, on their schedules. */
export function monitorJobs(deps: MonitorDeps): Job[] {
  const { settings } = deps;
  const checkAll = (monitors: readonly Monitor[]) => async () => {
    await runMonitors({ ...deps, monitors, clearMs: settings.clearMinutes * 60_000 });
    await sendNotices(deps);
  };
  const checkDaily = checkAll(dailyMonitors(deps));
  return [
    {
      name: 'monitors',
      schedule: settings.schedule,
      leaderOnly: true,
      run: checkAll(frequentMonitors(deps)),
    },
    {
      name: 'daily monitors',
      schedule: settings.dailySchedule,
      leaderOnly: true,
      run: async () => {
        await checkDaily();
        await deps.afterDaily();
      },
    },
    {
      name: 'notices',
      schedule: deps.channels.length === 0 ? '' : '* * * * *',
      leaderOnly: true,
      run: () => sendNotices(deps),
    },
  ];
}

/** They check the last minutes. */
const frequentMonitors = ({
  store,
  account,
  feeds,
  exchangeRates,
  erasureHours,
  settings,
  objectives,
  probes,
  trainsDaily,
}: MonitorDeps): Monitor[] => [
  {
    kind: 'stale data',
    check: async (nowMs) =>
      findStaleData(await readLastTimes(store, trainsDaily), settings.stale, nowMs),
  },
  feedMonitor(store, feeds),
  exchangeRatesMonitor(store, exchangeRates),
  { kind: 'ingest lag', check: (nowMs) => readIngestLag(store, settings.ingest, nowMs) },
  { kind: 'old edges', check: (nowMs) => readOldEdges(store, settings.oldEdges, nowMs) },
  {
    kind: 'degraded rankings',
    check: (nowMs) => readDegradedRankings(store, settings.degraded, nowMs),
  },
  {
    kind: 'lost decisions',
    check: (nowMs) => readLostDecisions(store, settings.lost, nowMs),
  },
  { kind: 'latency', check: (nowMs) => readLatency(store, settings.latency, nowMs) },
  {
    kind: 'edge errors',
    check: async (nowMs) => findEdgeErrors(probes(), settings.edgeErrors, nowMs),
  },
  {
    kind: 'refused feedback',
    check: (nowMs) => readRefusedFeedback({ store, account }, settings.refused, nowMs),
  },
  { kind: 'clock', check: (nowMs) => readWrongClock(store, nowMs) },
  {
    kind: 'rollout stands still',
    check: (nowMs) => readStandstills(store, settings.standstill, nowMs),
  },
  { kind: 'placement left', check: () => readLeftPlacements(store) },
  { kind: 'learning stopped', check: () => readStoppedLearning(store) },
  { kind: 'learning limited', check: (nowMs) => readLimitedLearning(store, nowMs) },
  {
    kind: 'fast burn',
    check: (nowMs) => readFastBurns({ store, probes: probes(), settings: objectives }, nowMs),
  },
  { kind: 'slow burn', check: (nowMs) => readSlowBurns({ store, settings: objectives }, nowMs) },
  {
    kind: 'overdue erasure',
    check: (nowMs) => readOverdueErasures(store, erasureHours, nowMs),
  },
];

/** They judge days that are over, and read whole days. */
const dailyMonitors = (deps: MonitorDeps): Monitor[] => {
  const { store, account, settings, trainingData, liveSchema } = deps;
  const judged = {
    schema: liveSchema,
    quality: async (schema: Schema, window: Span) =>
      (await trainingData.prepare(schema, window)).quality,
  };
  return [
    { kind: 'costs', check: () => readHighCosts(deps.costs) },
    { kind: 'degraded metrics', check: degradedMetrics({ store, account, settings }) },
    { kind: 'drift', check: driftMonitor(deps) },
    {
      kind: 'data quality',
      check: (nowMs) => readDataQuality(judged, settings.quality, nowMs),
    },
    {
      kind: 'unseen values',
      check: (nowMs) => readUnseenValues(judged, settings.quality, nowMs),
    },
    {
      kind: 'sample ratio mismatch',
      check: async () => findSampleRatioMismatch(await readArmSizes(deps), settings.sampleRatio),
    },
  ];
};
