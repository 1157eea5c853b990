import { blob, index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { SlateRules } from '../../../shared/domain/slate-rules.ts';

// Versions of the weights: how they were learned, which is live, and what else the pointer says.

/** Every scorer ever made, whole; never updated. */
export const weights = sqliteTable('weights', {
  version: text().primaryKey(),
  parent: text(),
  name: text().notNull(),
  kind: text().notNull(),
  schemaName: text().notNull(),
  schemaHash: text().notNull(),
  bytes: blob({ mode: 'buffer' }).notNull(),
  sha256: text().notNull(),
  /** Data window, counts, metrics, settings: what it was learned from. */
  lineage: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  createdAt: integer().notNull(),
});

/** What was written to KV, and what was deleted from it: a version without its row here waits to be published. */
export const publications = sqliteTable('publications', {
  /** `<namespace>/<key>`. */
  key: text().primaryKey(),
  /** Of what read back whole; empty where nothing has yet, or KV has lost it. */
  sha256: text().notNull(),
  publishedAt: integer().notNull(),
  /** Since when nothing needs it to be in KV; null: something does, or its deletion is done. */
  unneededSince: integer(),
  /** When its deletion from KV was begun, which is done once `unneededSince` is null; null: it was not. */
  deletedAt: integer(),
});

export type RunStatus = 'queued' | 'running' | 'done' | 'failed';

/** Training runs, newest last. */
export const runs = sqliteTable('runs', {
  id: text().primaryKey(),
  status: text().$type<RunStatus>().notNull(),
  /** What was asked for. */
  params: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  /** Loss curve, counts and metrics so far. */
  progress: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  version: text(),
  error: text(),
  startedAt: integer().notNull(),
  finishedAt: integer(),
});

/** Evaluations of a version against another on later logs; never updated. */
export const evaluations = sqliteTable(
  'evaluations',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    version: text().notNull(),
    against: text().notNull(),
    at: integer().notNull(),
    report: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    /** How much of the held-out log could be used; null: from before this was stored. */
    coverage: text({ mode: 'json' }).$type<Record<string, number>>(),
  },
  (table) => [index('evaluations_version').on(table.version)],
);

/** What the publisher last wrote or found in KV; one row per KV pointer (`weights`, `catalogue`). */
export const pointers = sqliteTable('pointers', {
  name: text().primaryKey(),
  value: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  since: integer().notNull(),
});

/** Who let the site keep its own order, or rank by Trimtab, and when; the newest row of a placement holds. Never updated. */
export const apprenticeChanges = sqliteTable('apprentice_changes', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  /** `*`: all that have none of their own. */
  placement: text().notNull(),
  /** Of the sessions that Trimtab ranks for, 0..1. */
  share: real().notNull(),
  /** The placement has no setting of its own any more; `share` is what then holds there. */
  isRemoved: integer({ mode: 'boolean' }).notNull().default(false),
});

/** What operators ask of slates (`shared/domain/slate-rules.ts`), never updated but to say that it was removed. */
export const slateRules = sqliteTable('slate_rules', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  /** `*`: all of them. */
  placement: text().notNull(),
  rules: text({ mode: 'json' }).$type<SlateRules>().notNull(),
  /** Why, in somebody's own words. */
  note: text(),
  /** Epoch ms, when it ends by itself; null: once somebody removes it. */
  until: integer(),
  removedAt: integer(),
  removedBy: text(),
});

/** Every weights pointer that had a revision: who is in which arm of what, for as long as edges go by it. */
export const pointerRevisions = sqliteTable('pointer_revisions', {
  revision: integer().primaryKey(),
  /** When it was published here, or first found in KV. */
  at: integer().notNull(),
  /** As KV holds it; null: somebody wrote another one by hand under this number, so no one knows what assigned by it. */
  text: text(),
});

/** What each arm has learned from what its version served since that went live; how far the log was read stands in `log_marks`. */
export const onlineLearning = sqliteTable('online_learning', {
  arm: text().primaryKey(),
  version: text().notNull(),
  startedAt: integer().notNull(),
  /** Metric → weight, by which it learns. */
  reward: text({ mode: 'json' }).$type<Readonly<Record<string, number>>>().notNull(),
  /** `LearnerSettings` of `backend/runs/online/learner-rows.ts`. */
  calibration: text({ mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
  /** `posteriorToBytes`. */
  posterior: blob({ mode: 'buffer' }).notNull(),
  /** By which sessions are held out; never told. */
  salt: text().notNull(),
  /** Slates that taught something, each once; those of them with a reward; and what all rewards came to. */
  slates: integer().notNull(),
  rewarded: integer().notNull(),
  earned: real().notNull(),
  updatedAt: integer().notNull(),
  /** When what was learned was dropped, and why; null: it serves. */
  stoppedAt: integer(),
  why: text(),
  /** How many weights what was learned changes, how many of them as far as it may, and since when those are a large share; null: they are not. */
  changed: integer().notNull().default(0),
  atLimit: integer().notNull().default(0),
  limitedSince: integer(),
});

/** Every batch of online deltas that was sent to the edge: a decision says by `delta` which one its slate was drawn with. */
export const onlineDeltas = sqliteTable(
  'online_deltas',
  {
    arm: text().notNull(),
    version: text().notNull(),
    number: integer().notNull(),
    /** Epoch ms. */
    at: integer().notNull(),
    /** `deltasToBytes`. */
    content: blob({ mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.arm, table.version, table.number] })],
);

/** The rollout of a challenger. */
export const rollouts = sqliteTable('rollouts', {
  id: text().primaryKey(),
  challenger: text().notNull(),
  champion: text().notNull(),
  stage: text().notNull(),
  since: integer().notNull(),
  /** Of the experiment that holds its canary traffic. */
  experiment: text().notNull(),
  rules: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  gate: text({ mode: 'json' }).$type<Record<string, unknown>>(),
  by: text().notNull(),
  createdAt: integer().notNull(),
  endedAt: integer(),
  /** The placement whose lineage it is of; null: the default one. */
  lineage: text(),
});

/** Every decision with all that it depends on, so that it can be made again with the same result. */
export const rolloutDecisions = sqliteTable(
  'rollout_decisions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    rollout: text().notNull(),
    at: integer().notNull(),
    decision: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index('rollout_decisions_rollout').on(table.rollout)],
);
