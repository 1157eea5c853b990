import { sql } from 'drizzle-orm';
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

// Alerts, objectives, jobs and reports.

/** Which process holds which lease: what only one backend may do at a time. */
export const leases = sqliteTable('leases', {
  name: text().primaryKey(),
  holder: text().notNull(),
  expiresAt: integer().notNull(),
  /** How often its holder has taken it, each time after it had been another's or free. */
  taking: integer().notNull().default(0),
});

/** An alert: open until checks find its condition gone. */
export const alerts = sqliteTable(
  'alerts',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** What it is about: one alert of a key is open at a time. */
    key: text().notNull(),
    kind: text().notNull(),
    message: text().notNull(),
    details: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    openedAt: integer().notNull(),
    lastSeenAt: integer().notNull(),
    /** Since when checks have found the condition gone; null while it lasts. */
    clearSince: integer(),
    resolvedAt: integer(),
    /** When all channels had taken the notice of the opening, and that of the recovery; null: some still have to be sent it. */
    notifiedAt: integer(),
    recoveryNotifiedAt: integer(),
    /** Read by backends from before there were several channels; their successors keep `alertNotices`. */
    noticeAttempts: integer().notNull().default(0),
    nextNoticeAt: integer().notNull().default(0),
    /** Who said that they have seen it, and when; null: nobody yet. */
    acknowledgedBy: text(),
    acknowledgedAt: integer(),
  },
  (table) => [
    index('alerts_key').on(table.key, table.openedAt),
    uniqueIndex('alerts_open')
      .on(table.key)
      .where(sql`${table.resolvedAt} is null`),
  ],
);

/** Notices of alerts, by channel: what was taken, and what is tried again. Without a row it was not tried yet. */
export const alertNotices = sqliteTable(
  'alert_notices',
  {
    alertId: integer().notNull(),
    type: text().$type<'opened' | 'recovered'>().notNull(),
    channel: text().notNull(),
    attempts: integer().notNull(),
    /** Epoch ms: not to be tried before. */
    nextAt: integer().notNull(),
    /** When the channel took it; null: not yet. */
    takenAt: integer(),
  },
  (table) => [primaryKey({ columns: [table.alertId, table.type, table.channel] })],
);

/** How long visitors' pages waited for rankings, by hour, as they said by events of type `timing`. */
export const visitorLatency = sqliteTable('visitor_latency', {
  /** Epoch ms of its beginning; events belong to the hour in which the edge received them. */
  hour: integer().primaryKey(),
  /** Rankings whose page said how long it waited. */
  timings: integer().notNull(),
  /** Of those: the page had given up and kept its own order. */
  late: integer().notNull(),
  /** Percentiles, ms; null without timings. */
  p50: real(),
  p95: real(),
  p99: real(),
});

/** How many events were as an objective wants them, by spans of 5 minutes; spans without events have no row. */
export const objectiveCounts = sqliteTable(
  'objective_counts',
  {
    objective: text().notNull(),
    /** Epoch ms of the span's beginning. */
    at: integer().notNull(),
    good: integer().notNull(),
    total: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.objective, table.at] })],
);

/** For how long no notices are sent of alerts of a key, and why. Rows are only ever added; the newest of a key holds. */
export const alertSilences = sqliteTable(
  'alert_silences',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** Of the alert. */
    key: text().notNull(),
    reason: text().notNull(),
    by: text().notNull(),
    at: integer().notNull(),
    /** Epoch ms; at or before `at` it ends what was silenced before. */
    until: integer().notNull(),
  },
  (table) => [index('alert_silences_key').on(table.key)],
);

/** Monthly comparisons of models, as they were sent out. */
export const reports = sqliteTable('reports', {
  /** `2026-11`. */
  month: text().primaryKey(),
  /** What the texts were made from. */
  report: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  markdown: text().notNull(),
  html: text().notNull(),
  createdAt: integer().notNull(),
});

/** When each job by the clock ran last, by whichever backend: jobs that run every few seconds are not here. */
export const jobRuns = sqliteTable('job_runs', {
  name: text().primaryKey(),
  startedAt: integer().notNull(),
  finishedAt: integer().notNull(),
  /** Why it failed; null: it did not. */
  problem: text(),
});
