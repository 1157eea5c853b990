import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { ExperimentArm, GuardrailSpec } from '../../../shared/domain/experiment.ts';
import type { MetricDefinition } from '../../../shared/domain/metric.ts';

// Experiments, and the weights of metrics.

/** A schedule by which an experiment's traffic grows, and whether it is held. */
export interface ExperimentRamp {
  /** Rising; the first one is what it starts with and has no condition. */
  readonly steps: readonly {
    readonly traffic: number;
    /** Hours after the step before it. */
    readonly afterHours?: number;
    /** Rankings that exposed somebody since the step before it. */
    readonly afterSearches?: number;
    /** Epoch ms. */
    readonly at?: number;
  }[];
  /** Epoch ms: when the step that holds was reached. */
  readonly since: number | null;
  readonly held?: { readonly by: string; readonly at: number; readonly reason: string };
}

/**
 * Every version of the metric weights, learned or set by hand, never updated. `hash` covers the row and `previousHash`,
 * so a row that was changed or removed is found; rows from before there were hashes have none.
 */
export const metricWeights = sqliteTable(
  'metric_weights',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    schemaName: text().notNull(),
    /** Metric → reward per event; empty where learned weights give no reward. */
    weights: text({ mode: 'json' }).$type<Record<string, number>>().notNull(),
    author: text().notNull(),
    reason: text().notNull(),
    createdAt: integer().notNull(),
    expiresAt: integer(),
    source: text().$type<'learned' | 'override'>().notNull().default('override'),
    method: text().$type<'fixed' | 'importance' | 'surrogate'>().notNull().default('fixed'),
    /** An override of one experiment only; null: everywhere. */
    experimentId: text(),
    /** Inputs, model, held-out skill, intervals, normalisers; of an override what it changes. */
    details: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull().default({}),
    previousHash: text(),
    hash: text(),
  },
  (table) => [index('metric_weights_schema').on(table.schemaName, table.experimentId)],
);

/** What one unit did. Stored until its long-term value is known: longer than the log. */
export const metricUnits = sqliteTable(
  'metric_units',
  {
    unit: text().notNull(),
    kind: text().$type<'session' | 'user'>().notNull(),
    /** When it was first seen, epoch ms: its horizon runs from here. */
    firstAt: integer().notNull(),
    userId: text(),
    /** Column → amount: `rankings`, event types, their values, `cell.3_4`, `feature.map`; `refused`: only bots' sessions. */
    values: text({ mode: 'json' }).$type<Record<string, number>>().notNull(),
    /** Device, hour, segment …: its context before it did anything. */
    context: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    /** `<outcome>@<epoch ms>` → value: dated, so that any target over any horizon can be read from it. */
    outcomes: text({ mode: 'json' }).$type<Record<string, number>>().notNull().default({}),
    updatedAt: integer().notNull(),
    /** Version of the account that it was measured by; null: from before there were versions. */
    account: text(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.unit] }),
    index('metric_units_first').on(table.kind, table.firstAt, table.unit),
    index('metric_units_user').on(table.userId),
  ],
);

/** Mutual exclusion: experiments of one layer never share a unit. */
export const layers = sqliteTable('layers', {
  name: text().primaryKey(),
  salt: text().notNull(),
  unit: text().$type<'user' | 'session'>().notNull(),
  /** Where two layers would change the same part of a ranking, the one with the lower rank does. */
  rank: integer().notNull(),
  createdAt: integer().notNull(),
});

export const experiments = sqliteTable('experiments', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** `rollout`: the traffic of a rollout's canary, moved by its decisions and not by people. */
  kind: text().$type<'experiment' | 'rollout'>().notNull().default('experiment'),
  layer: text().notNull(),
  salt: text().notNull(),
  rangeFrom: real().notNull(),
  rangeTo: real().notNull(),
  traffic: real().notNull(),
  /** In the order of assignment; the control first. */
  arms: text({ mode: 'json' }).$type<ExperimentArm[]>().notNull(),
  design: text().$type<'split' | 'interleaved'>().notNull().default('split'),
  trigger: text().$type<'ranked' | 'slate differs'>().notNull().default('ranked'),
  metrics: text({ mode: 'json' }).$type<MetricDefinition[]>().notNull(),
  guardrails: text({ mode: 'json' }).$type<GuardrailSpec[]>().notNull(),
  minimumPerArm: integer().notNull(),
  /** The metric weights frozen at its start; null: those in force when read. */
  metricWeightsId: integer(),
  status: text().$type<'draft' | 'running' | 'stopped'>().notNull(),
  createdAt: integer().notNull(),
  startedAt: integer(),
  stoppedAt: integer(),
  /** How it grows by itself; null: people widen it. */
  ramp: text({ mode: 'json' }).$type<ExperimentRamp>(),
  /** The placements whose rankings may enter it, at least one; null: all of its lineage. */
  placements: text({ mode: 'json' }).$type<readonly string[]>(),
  /** The placement whose lineage its versions are of; null: the default one. */
  lineage: text(),
});

/** Which arms a ranking was exposed to: written with the decision that it is of. */
export const exposures = sqliteTable(
  'exposures',
  {
    experiment: text().notNull(),
    rankingId: text().notNull(),
    arm: text().notNull(),
    at: integer().notNull(),
    sessionId: text().notNull(),
    userId: text(),
    pointerRevision: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.experiment, table.rankingId] }),
    index('exposures_ranking').on(table.rankingId),
    index('exposures_user').on(table.userId),
  ],
);

/**
 * What one unit of an experiment did. Stored until its long-term value is known: longer than the log. Its
 * outcomes are in `outcomes`.
 */
export const experimentUnits = sqliteTable(
  'experiment_units',
  {
    experiment: text().notNull(),
    unit: text().notNull(),
    userId: text(),
    /** Of a user, the sessions that were known to be theirs; JSON. */
    sessions: text({ mode: 'json' }).$type<string[]>().notNull().default([]),
    /** First exposure, epoch ms, and its arm. */
    firstAt: integer().notNull(),
    arm: text().notNull(),
    /** How many arms it saw in all; 2 means two or more. */
    arms: integer().notNull(),
    visitor: text().notNull(),
    /** Context of its first ranking, JSON. */
    context: text(),
    /** It was exposed only in a bot's sessions. */
    refused: integer({ mode: 'boolean' }).notNull(),
    /** Column → amount from the first exposure on, and in the time before it; what is 0 is left out. */
    after: text({ mode: 'json' }).$type<Record<string, number>>().notNull(),
    before: text({ mode: 'json' }).$type<Record<string, number>>().notNull(),
    /** Version of the account that it was measured by; null: from before there were versions. */
    account: text(),
  },
  (table) => [
    primaryKey({ columns: [table.experiment, table.unit] }),
    index('experiment_units_user').on(table.userId),
  ],
);

/** What an experiment's statistics were and what was read from them, frozen when it stopped or was read daily. */
export const experimentReports = sqliteTable(
  'experiment_reports',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    experiment: text().notNull(),
    at: integer().notNull(),
    statistics: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    report: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index('experiment_reports_experiment').on(table.experiment, table.at)],
);
