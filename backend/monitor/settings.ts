import { z } from 'zod';
import {
  atLeastOne,
  count,
  group,
  multiple,
  positive,
  problem,
  schedule,
  share,
} from '../settings/fields.ts';
import { parseSettings } from '../settings/parse-settings.ts';

const alpha = z.number().gt(0).max(0.05);

/** The limits that the monitors check. */
export const monitors = group({
  /** When the cheap checks run: all but those of whole days. */
  schedule: schedule.default('*/5 * * * *'),
  /** When whole days are read: metrics, drift and data quality. */
  dailySchedule: schedule.default('17 * * * *'),
  /** When the report of the month before is written, once it is over; empty: on demand only. */
  reportSchedule: schedule.default('0 7 * * *'),
  /** How often this backend asks the edge what it serves, and how long that takes; 0: never. */
  edgeProbeSeconds: z.number().nonnegative().max(3600).default(15),
  /** A condition must be gone for so long before its alert is over. */
  clearMinutes: z.number().nonnegative().default(30),
  /** Metrics that fall below what was expected from the days before. */
  metrics: group({
    /** How many days a day is compared with. */
    trailingDays: count.min(7).max(365).default(28),
    /** Days with fewer rankings count for nothing. */
    minRankings: atLeastOne.default(200),
    /** The same of answers to the survey, for satisfaction. */
    minAnswers: atLeastOne.default(50),
    /** With fewer such days among the trailing ones, nothing is reported. */
    minDays: count.min(7).default(14),
    /** How often a day on which nothing happened may be taken for a fall, per metric and day. */
    alpha: alpha.default(0.0002),
    /** Relative: smaller falls, or rises of what is dismissed, are let pass, however certain. */
    minDrop: share.default(0.05),
  }),
  /** Requests, catalogue, features or scores whose distribution is no longer that of the days that the champion learned from. */
  drift: group({
    /** Highest PSI (population stability index) of the scores by the rules, above what chance explains. */
    maxScorePsi: positive.default(0.25),
    /** The same for each feature, field of a request and column of the catalogue. */
    maxFeaturePsi: positive.default(0.25),
    /** How often a day on which nothing changed may be taken for drift, all that is compared together. */
    alpha: alpha.default(0.001),
    /** By what share of its items, now or then, the catalogue may shrink or grow. */
    maxItemsChange: share.default(0.5),
    /** With fewer visitors on either side, nothing is reported. */
    minSessions: atLeastOne.default(500),
    /** Rankings that are read on either side: a sample, drawn by their seeds. */
    sampleRankings: atLeastOne.max(20_000).default(2000),
    /** Whether drift starts a training, once for each alert. */
    trains: z.boolean().default(true),
    /** Least time between two trainings that drift started. */
    trainHours: positive.default(72),
  }),
  /** Data quality, held to the limits of trainingData.quality. */
  quality: group({
    /** Days with fewer rankings are not judged. */
    minRankings: atLeastOne.default(100),
    /** A value of the catalogue that no ranking shows is an alert from this share of items with it. */
    minUnseenShare: share.default(0.01),
  }),
  /** Arms of an experiment whose sizes are not in the ratio that was asked for. */
  sampleRatio: group({
    /** Error rate of all looks at one experiment together: the check is always valid. */
    alpha: alpha.default(0.001),
    /** With fewer units in an experiment, nothing is reported. */
    minUnits: atLeastOne.default(200),
  }),
  /** What should have come, and has not, for so long. */
  stale: group({
    /** Since the last ranking. */
    rankingHours: positive.default(12),
    /** Since the last feedback event, while rankings are served. */
    eventHours: positive.default(24),
    /** Since the last training that succeeded, where training has a schedule. */
    trainingDays: positive.default(3),
    /** Since metric weights were last learned. */
    metricWeightDays: positive.default(3),
    /** Since the catalogue last changed. */
    catalogueDays: positive.default(30),
    /** A changed catalogue is at the edge within this. */
    snapshotMinutes: positive.default(30),
  }),
  /** How long what the edge logged takes to be in the database. */
  ingest: group({
    /** How far back batches are checked. */
    windowMinutes: positive.default(15),
    /** Nine of ten batches must be committed within it. Feedback waits for so long for its ranking before that counts as lost. */
    maxLagMinutes: positive.default(5),
  }),
  /** Rankings that the edge answered and could not log. */
  lost: group({
    /** How far back batches are checked. */
    windowMinutes: positive.default(60),
    /** Share of rankings that is let pass. */
    maxShare: share.default(0.001),
  }),
  /** Edges that still rank with another version than the pointer says. */
  oldEdges: group({
    /** How far back rankings are checked. */
    windowMinutes: positive.default(10),
    /** Edges may take so long to follow the pointer: refresh, KV cache and KV itself. */
    graceMinutes: positive.default(5),
    /** With fewer rankings in the window, nothing is reported. */
    minRankings: atLeastOne.default(20),
    /** Share of rankings by another version that is let pass. */
    maxShare: share.default(0.01),
  }),
  /** Rankings that the edge answered with less than it should have had. */
  degraded: group({
    /** How far back rankings are checked. */
    windowMinutes: positive.default(15),
    /** With fewer rankings in the window, nothing is reported. */
    minRankings: atLeastOne.default(20),
    /** Share of degraded rankings that is let pass. */
    maxShare: share.default(0.05),
  }),
  /** How long visitors' pages wait for rankings, as the client says by events of type timing. */
  latency: group({
    /** How far back timings are checked. */
    windowMinutes: positive.default(30),
    /** With fewer timings in the window, nothing is reported; hours with fewer say nothing of what is usual. */
    minTimings: atLeastOne.default(200),
    /** Highest p95, ms. */
    maxP95Ms: positive.default(1000),
    /** How many times the p95 may be what it usually was in the hours of the week before. */
    timesUsual: multiple.default(2),
    /** A p95 up to this many ms is never slower than usual. */
    fromMs: z.number().nonnegative().default(200),
    /** With fewer such hours in the week before, nothing is said to be usual. */
    minHours: atLeastOne.default(24),
    /** Share of rankings that pages gave up on that is let pass. */
    maxLateShare: share.default(0.05),
  }),
  /** Probes of the edge that fail; edgeProbeSeconds says how often it is probed. */
  edgeErrors: group({
    /** How far back probes are checked. */
    windowMinutes: positive.default(10),
    /** With fewer probes in the window, nothing is reported. */
    minProbes: atLeastOne.default(10),
    /** Share of failed probes that is let pass. */
    maxShare: share.default(0.1),
  }),
  /** Feedback that does not count: doubled, late, of bots, or of nothing that was shown. */
  refused: group({
    /** How far back feedback is checked, by when it was received. */
    windowMinutes: positive.default(60),
    /** With less feedback in the window, nothing is reported. */
    minEvents: atLeastOne.default(200),
    /** Share of it that is let pass. */
    maxShare: share.default(0.5),
  }),
  /** Rollouts that wait for something that an operator must decide. */
  standstill: group({
    /** How long one may do so before it is an alert. */
    minutes: z.number().nonnegative().default(60),
  }),
}).superRefine(({ metrics: { minDays, trailingDays } }, context) => {
  if (minDays > trailingDays)
    problem(
      context,
      ['metrics', 'minDays'],
      `must be at most trailingDays (${trailingDays}), but was ${minDays}`,
    );
});

export type MonitorSettings = z.infer<typeof monitors>;

/** @throws Error naming the setting and what it should have been. */
export const parseMonitors = (value: unknown): MonitorSettings => parseSettings(monitors, value);

export const DEFAULT_MONITORS = parseMonitors({});
