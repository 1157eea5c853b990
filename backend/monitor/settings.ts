import { z } from 'zod';
import { parseSettings, schedule } from '../process/settings.ts';

/** What the monitors hold the system to. */
export interface MonitorSettings {
  /** Cron patterns, UTC; empty: never. What is cheap to look at, what reads whole days, and the monthly report. */
  readonly schedule: string;
  readonly dailySchedule: string;
  readonly reportSchedule: string;
  /** A condition must be gone for so long before its alert is over. */
  readonly clearMinutes: number;
  readonly metrics: {
    readonly trailingDays: number;
    /** Days with fewer rankings count for nothing. */
    readonly minRankings: number;
    /** Days of the trailing ones without which nothing is told. */
    readonly minDays: number;
    /** How often a day on which nothing happened may be taken for a fall, per metric and day. */
    readonly alpha: number;
    /** Relative: smaller falls are let pass, however certain. */
    readonly minDrop: number;
  };
  readonly drift: {
    /** Of the PSI above chance. */
    readonly maxScorePsi: number;
    readonly maxFeaturePsi: number;
    readonly minSessions: number;
    /** Rankings that are looked at on either side: a sample, drawn by their seeds. */
    readonly sampleRankings: number;
  };
  readonly quality: { readonly minRankings: number };
  readonly sampleRatio: {
    /** Of all looks at one experiment together: the check is always valid. */
    readonly alpha: number;
    readonly minUnits: number;
  };
  readonly stale: {
    readonly rankingHours: number;
    readonly eventHours: number;
    readonly trainingDays: number;
    readonly metricWeightDays: number;
    readonly catalogueDays: number;
    /** A changed catalogue is at the edge within this. */
    readonly snapshotMinutes: number;
  };
  readonly ingest: {
    readonly windowMinutes: number;
    /** Nine of ten batches must be committed within it. */
    readonly maxLagMinutes: number;
  };
  readonly oldEdges: {
    readonly windowMinutes: number;
    /** Edges may take so long to follow the pointer: refresh, KV cache and KV itself. */
    readonly graceMinutes: number;
    readonly minRankings: number;
    readonly maxShare: number;
  };
  readonly degraded: {
    readonly windowMinutes: number;
    readonly minRankings: number;
    readonly maxShare: number;
  };
}

export const DEFAULT_MONITORS: MonitorSettings = {
  schedule: '*/5 * * * *',
  dailySchedule: '17 * * * *',
  reportSchedule: '0 7 * * *',
  clearMinutes: 30,
  metrics: { trailingDays: 28, minRankings: 200, minDays: 14, alpha: 0.0002, minDrop: 0.05 },
  drift: { maxScorePsi: 0.25, maxFeaturePsi: 0.25, minSessions: 500, sampleRankings: 2000 },
  quality: { minRankings: 100 },
  sampleRatio: { alpha: 0.001, minUnits: 200 },
  stale: {
    rankingHours: 12,
    eventHours: 24,
    trainingDays: 3,
    metricWeightDays: 3,
    catalogueDays: 30,
    snapshotMinutes: 30,
  },
  ingest: { windowMinutes: 15, maxLagMinutes: 5 },
  oldEdges: { windowMinutes: 10, graceMinutes: 5, minRankings: 20, maxShare: 0.01 },
  degraded: { windowMinutes: 15, minRankings: 20, maxShare: 0.05 },
};

const count = z.number().int().nonnegative();
const positive = z.number().positive();
const share = z.number().min(0).max(1);
const alpha = z.number().gt(0).max(0.05);
const some = <T extends z.ZodRawShape>(shape: T) => z.object(shape).partial().strict();

const given = some({
  schedule,
  dailySchedule: schedule,
  reportSchedule: schedule,
  clearMinutes: z.number().nonnegative(),
  metrics: some({
    trailingDays: count.min(7).max(365),
    minRankings: count.min(1),
    minDays: count.min(7),
    alpha,
    minDrop: share,
  }),
  drift: some({
    maxScorePsi: positive,
    maxFeaturePsi: positive,
    minSessions: count.min(1),
    sampleRankings: count.min(1).max(20_000),
  }),
  quality: some({ minRankings: count.min(1) }),
  sampleRatio: some({ alpha, minUnits: count.min(1) }),
  stale: some({
    rankingHours: positive,
    eventHours: positive,
    trainingDays: positive,
    metricWeightDays: positive,
    catalogueDays: positive,
    snapshotMinutes: positive,
  }),
  ingest: some({ windowMinutes: positive, maxLagMinutes: positive }),
  oldEdges: some({
    windowMinutes: positive,
    graceMinutes: positive,
    minRankings: count.min(1),
    maxShare: share,
  }),
  degraded: some({ windowMinutes: positive, minRankings: count.min(1), maxShare: share }),
});

/**
 * The defaults with what is given in their place, at any depth: `{"stale":{"rankingHours":2}}`.
 * @throws Error naming the setting and what it should have been.
 */
export function parseMonitors(value: unknown): MonitorSettings {
  const data = parseSettings(given, value);
  const defaults = DEFAULT_MONITORS;
  const settings: MonitorSettings = {
    ...defaults,
    ...data,
    metrics: { ...defaults.metrics, ...data.metrics },
    drift: { ...defaults.drift, ...data.drift },
    quality: { ...defaults.quality, ...data.quality },
    sampleRatio: { ...defaults.sampleRatio, ...data.sampleRatio },
    stale: { ...defaults.stale, ...data.stale },
    ingest: { ...defaults.ingest, ...data.ingest },
    oldEdges: { ...defaults.oldEdges, ...data.oldEdges },
    degraded: { ...defaults.degraded, ...data.degraded },
  };
  if (settings.metrics.minDays > settings.metrics.trailingDays)
    throw new Error(
      `metrics.minDays must be at most trailingDays (${settings.metrics.trailingDays}), but was ${settings.metrics.minDays}`,
    );
  return settings;
}
