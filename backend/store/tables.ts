import { sql } from 'drizzle-orm';
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { Scope } from '../../shared/domain/access-key.ts';
import type { Consent } from '../../shared/domain/consent.ts';
import type { ItemSource, Shadow } from '../../shared/domain/decision.ts';
import type { ExperimentArm, GuardrailSpec } from '../../shared/domain/experiment.ts';
import type { PatchRef } from '../../shared/domain/pointer.ts';
import type { Attributes } from '../../shared/domain/item.ts';
import type { MetricDefinition } from '../../shared/domain/metric.ts';
import type { SlateRules } from '../../shared/domain/slate-rules.ts';

/** Every timestamp is epoch ms; every `json` column is checked where it enters, not here. */

/** The current catalogue. */
export const items = sqliteTable('items', {
  id: text().primaryKey(),
  attributes: text({ mode: 'json' }).$type<Attributes>().notNull(),
  updatedAt: integer().notNull(),
  /** The feed that had it last, and takes it out once it has it no more; null: it was only ever put by hand. */
  feed: text(),
});

/** What became of the feeds of the catalogue; their addresses and schedules are in the configuration. */
export const feeds = sqliteTable('feeds', {
  name: text().primaryKey(),
  /** Of the answer that was taken last, with which its server is asked whether anything has changed since. */
  etag: text(),
  lastModified: text(),
  /** Hash of the address, rules and schema by which that answer was read: under others it is asked for as a whole. */
  readBy: text(),
  /** When it was last asked for, whatever came. */
  askedAt: integer().notNull(),
  /** When it was last taken or found unchanged; null: never. */
  takenAt: integer(),
  /** What became of its items when they last changed; null: never. */
  taken: text({ mode: 'json' }).$type<Readonly<Record<string, number>>>(),
  /** Why it was refused when it was last asked for, and since when it is; null: it was not. */
  problem: text(),
  refusedSince: integer(),
});

/** Packed catalogues that were published. */
export const snapshots = sqliteTable('snapshots', {
  /** Of the whole catalogue, also where it was published in patches. */
  hash: text().primaryKey(),
  schemaHash: text().notNull(),
  items: integer().notNull(),
  /** Of the parts that hold it, or hold its base. */
  sizeBytes: integer().notNull(),
  parts: integer().notNull(),
  publishedAt: integer().notNull(),
  /** The snapshot whose parts its patches begin at; null: it has parts of its own. */
  base: text(),
  patches: text({ mode: 'json' }).$type<readonly PatchRef[]>(),
  /** All changes up to it are in it (`item_changes`); null: it is not known which are. */
  revision: integer(),
});

/** Which items were put, changed or deleted, in order: triggers of `items` write it, whoever changes them. Goes with the next base. */
export const itemChanges = sqliteTable('item_changes', {
  revision: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull(),
});

/** Learned columns that were published, the live ones and for a while those before them. Aggregates: they name nobody. */
export const learnedParts = sqliteTable('learned_parts', {
  hash: text().primaryKey(),
  /** How many items something is known of. */
  items: integer().notNull(),
  publishedAt: integer().notNull(),
  bytes: blob({ mode: 'buffer' }).notNull(),
});

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

/** One row per ranking that was served. Blobs are little-endian, one entry per slot. */
export const decisions = sqliteTable(
  'decisions',
  {
    rankingId: text().primaryKey(),
    at: integer().notNull(),
    /** Keyed, as every id of a session or user here; empty where the visitor did not consent. */
    sessionId: text().notNull(),
    userId: text(),
    placement: text().notNull().default('main'),
    consent: text().$type<Consent>().notNull().default('measure'),
    /** Null in rows from before it was logged. */
    itemSource: text().$type<ItemSource>(),
    arm: text(),
    /**
     * Of the pointer that assigned the arms, here and in the tables below; null: `Decision.pointerRevision` says when. Counted is
     * by `exposures`, where ingest copies it to: here it is kept for audits, so that what assigned any ranking can be looked up in
     * `pointer_revisions`, of those as well that were in no experiment.
     */
    pointerRevision: integer(),
    weights: text().notNull(),
    delta: integer().notNull(),
    schemaHash: text().notNull(),
    snapshot: text().notNull(),
    /** Hash of the learned columns that features read; null where none did, or there were none. */
    learned: text(),
    degraded: integer({ mode: 'boolean' }).notNull(),
    seed: integer().notNull(),
    temperature: real().notNull(),
    epsilon: real().notNull(),
    poolSize: integer().notNull(),
    /** Null where it was not asked for, here and in the two below. */
    optimism: real(),
    maxLoss: real(),
    fromSlot: integer(),
    limit: integer().notNull(),
    request: text().notNull(),
    itemIds: text({ mode: 'json' }).$type<string[]>().notNull(),
    /** i32 fixed-point scores. */
    units: blob({ mode: 'buffer' }).notNull(),
    /** i32 fixed-point, by how much each score was raised when it was drawn; null where none was. */
    raises: blob({ mode: 'buffer' }),
    /** f64. */
    propensities: blob({ mode: 'buffer' }).notNull(),
    /** slots × F bytes. */
    codes: blob({ mode: 'buffer' }).notNull(),
    /** What a version in shadow would have shown: `{version, itemIds}`. */
    shadow: text({ mode: 'json' }).$type<Shadow>(),
    /** Of an interleaved slate, one byte per slot: which arm put it there. */
    teams: blob({ mode: 'buffer' }),
    /** The site's own order was kept: no version chose it, so that none has earned what came of it. */
    siteOrder: integer({ mode: 'boolean' }).notNull().default(false),
    /** How many items the request's filters and exclusions left; null where it had none. */
    allowed: integer(),
    /** i32 fixed-point, by how much boosts moved each score when it was drawn; null where there were none. */
    boosts: blob({ mode: 'buffer' }),
    /** One byte per slot, 1 where its item was pinned; null where none was. */
    pinned: blob({ mode: 'buffer' }),
    /** Caps, quotas or pins decided with the scores what could stand in a slot. */
    isRestricted: integer({ mode: 'boolean' }).notNull().default(false),
    /** How many items the pages above hold; null: it is the first page. */
    pageOffset: integer(),
    /** The ranking of the first page, where that is known. */
    firstPage: text(),
  },
  (table) => [
    index('decisions_schema_at').on(table.schemaHash, table.at),
    index('decisions_user').on(table.userId),
    index('decisions_session').on(table.sessionId),
    index('decisions_weights_at').on(table.weights, table.at),
  ],
);

export const events = sqliteTable(
  'events',
  {
    rankingId: text().notNull(),
    /** Unique within its ranking. */
    eventId: text().notNull(),
    type: text().notNull(),
    itemId: text(),
    position: integer(),
    value: real(),
    properties: text({ mode: 'json' }).$type<Record<string, unknown>>(),
    timestamp: integer().notNull(),
    receivedAt: integer().notNull(),
    sessionId: text().notNull(),
    userId: text(),
    placement: text().notNull().default('main'),
    arm: text(),
    /** By its token, as that of the decision: kept for audits, as only this says what assigned a visitor whose decision was lost. */
    pointerRevision: integer(),
    weights: text().notNull(),
    /** Null: not judged yet, or its ranking is not stored; '': it counts; else why it does not. Written by the account. */
    fault: text(),
  },
  (table) => [
    primaryKey({ columns: [table.rankingId, table.eventId] }),
    index('events_ranking_type').on(table.rankingId, table.type),
    index('events_user').on(table.userId),
    index('events_session').on(table.sessionId),
    index('events_received').on(table.receivedAt),
  ],
);

/** Batches that were committed: a batch sent again is answered, not stored again. */
export const batches = sqliteTable(
  'batches',
  {
    batchId: text().primaryKey(),
    decisions: integer().notNull(),
    events: integer().notNull(),
    /** Decisions that the edge said it could not store. */
    lost: integer().notNull().default(0),
    committedAt: integer().notNull(),
    /** From its newest entry at the edge to its commit; null: it held none, or is from before this was stored. */
    lagMs: integer(),
    /** From the arrival of its oldest event at the edge to its commit; null: it held none, or is from before this was stored. */
    oldestEventMs: integer(),
  },
  (table) => [index('batches_committed').on(table.committedAt)],
);

/** Rankings that arrived after their day had closed: they do not count. */
export const lateRankings = sqliteTable(
  'late_rankings',
  { rankingId: text().primaryKey(), at: integer().notNull() },
  (table) => [index('late_rankings_at').on(table.at)],
);

/** Whether a session was a bot on one UTC day. Stored longer than the log, because outcomes are credited to old sessions. */
export const sessionDays = sqliteTable(
  'session_days',
  {
    sessionId: text().notNull(),
    /** First millisecond of the day. */
    day: integer().notNull(),
    /** Its first ranking of the day. */
    firstAt: integer().notNull(),
    /** Used to decide whether dwell is logged; 0 for sessions that are bots for another reason. */
    clickedItems: integer().notNull(),
    dwells: integer().notNull(),
    /** Why it counts as a bot; null where it does not. */
    fault: text(),
    /** Increases with every change of the row; one counter for the whole table. */
    revision: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.day] }),
    index('session_days_day').on(table.day, table.clickedItems, table.dwells),
    index('session_days_revision').on(table.revision),
    index('session_days_fault')
      .on(table.sessionId, table.day, table.fault)
      .where(sql`${table.fault} is not null`),
  ],
);

/** Who was logged in during a session on a day, and when first. */
export const userDays = sqliteTable(
  'user_days',
  {
    userId: text().notNull(),
    sessionId: text().notNull(),
    day: integer().notNull(),
    firstAt: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.sessionId, table.day] }),
    index('user_days_session').on(table.sessionId),
    index('user_days_day').on(table.day),
  ],
);

/** Long-term values, arriving late. */
export const outcomes = sqliteTable(
  'outcomes',
  {
    outcomeId: text().primaryKey(),
    sessionId: text(),
    userId: text(),
    /** Where it came about, if the site says so. */
    placement: text(),
    metric: text().notNull(),
    value: real().notNull(),
    at: integer().notNull(),
    receivedAt: integer().notNull(),
    /** The user to whom the account credits it; null where nobody. */
    creditedUser: text(),
    creditedSession: text(),
    /** The item and ranking of the last touch before it, while its day was open. */
    creditedRanking: text(),
    creditedItem: text(),
  },
  (table) => [
    index('outcomes_credited_user')
      .on(table.creditedUser)
      .where(sql`${table.creditedUser} is not null`),
    index('outcomes_credited_session')
      .on(table.creditedSession)
      .where(sql`${table.creditedSession} is not null`),
    index('outcomes_at').on(table.at),
    index('outcomes_session').on(table.sessionId),
    index('outcomes_user').on(table.userId),
  ],
);

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

/** The audit log: who changed what is live, and how. Append-only. */
export const audit = sqliteTable('audit', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  subject: text().notNull(),
  details: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
});

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

/**
 * What happened to each item on each closed day, from people alone and without an id of any of them: stored for longer than
 * the log, for seasons.
 */
export const dailyCounts = sqliteTable(
  'daily_counts',
  {
    /** First millisecond of the UTC day of the ranking. */
    day: integer().notNull(),
    itemId: text().notNull(),
    /** `shown`, or the type of an event: `click`, `save`, `booking` … */
    metric: text().notNull(),
    count: integer().notNull(),
    /** Version of the account that it was counted by. */
    account: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.itemId, table.metric] })],
);

/**
 * A sample of the catalogue as it was on each UTC day, by which requests of that day are encoded again: what a catalogue was
 * is nowhere else. Kept for as long as the log.
 */
export const catalogueSamples = sqliteTable(
  'catalogue_samples',
  {
    /** First millisecond of the day. */
    day: integer().notNull(),
    schemaHash: text().notNull(),
    /** How many items the whole catalogue had. */
    items: integer().notNull(),
    /** The sampled items, as a snapshot of these alone. */
    bytes: blob({ mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.schemaHash, table.day] })],
);

/** How far a reader of the log has come; after a restart it continues from there. */
export const logMarks = sqliteTable('log_marks', {
  name: text().primaryKey(),
  value: text().notNull(),
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

/** Which state of a UTC day's log a partition was built from. */
export const dayMarks = sqliteTable('day_marks', {
  /** Its first millisecond. */
  day: integer().primaryKey(),
  /** Another text after each change of what the account says of the day. */
  mark: text().notNull(),
});

/**
 * Sessions and users that somebody left out of what is learned from, and why. One that is lifted stays, as what was done; those of people
 * whose data are erased go.
 */
export const trainingExclusions = sqliteTable(
  'training_exclusions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    kind: text().$type<'session' | 'user'>().notNull(),
    /** The keyed id. */
    subject: text().notNull(),
    reason: text().notNull(),
    by: text().notNull(),
    at: integer().notNull(),
    /** Null: it holds. */
    liftedAt: integer(),
    liftedBy: text(),
    liftReason: text(),
  },
  (table) => [
    uniqueIndex('training_exclusions_held')
      .on(table.kind, table.subject)
      .where(sql`${table.liftedAt} is null`),
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

/** Which process holds which lease: what only one backend may do at a time. */
export const leases = sqliteTable('leases', {
  name: text().primaryKey(),
  holder: text().notNull(),
  expiresAt: integer().notNull(),
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

/** Links by which a browser signs in, each once. The token itself is stored nowhere. */
export const loginLinks = sqliteTable('login_links', {
  /** SHA-256 of the token, hex. */
  hash: text().primaryKey(),
  role: text().$type<'viewer' | 'operator'>().notNull(),
  /** Whose name the audit log gets. */
  name: text().notNull(),
  createdAt: integer().notNull(),
  expiresAt: integer().notNull(),
});

/** Browsers that are signed in. The token of the cookie is stored nowhere. */
export const loginSessions = sqliteTable('login_sessions', {
  /** SHA-256 of the token, hex. */
  hash: text().primaryKey(),
  role: text().$type<'viewer' | 'operator'>().notNull(),
  name: text().notNull(),
  /** `link`, or the address of the identity provider at which they signed in. Null, which no version writes, ends the session. */
  origin: text(),
  createdAt: integer().notNull(),
  /** Written once a minute at most. */
  seenAt: integer().notNull(),
  /** Whatever is done with it, it ends here. */
  expiresAt: integer().notNull(),
});

/**
 * Keys that operators made. The key itself is stored nowhere. A name has several rows once it was rotated; rows are never deleted, so
 * that a revision is never given twice.
 */
export const accessKeys = sqliteTable(
  'access_keys',
  {
    /** SHA-256 of the key, hex. */
    hash: text().primaryKey(),
    name: text().notNull(),
    scopes: text({ mode: 'json' }).$type<readonly Scope[]>().notNull(),
    /** Origins whose pages may use it; null: any. */
    origins: text({ mode: 'json' }).$type<readonly string[]>(),
    createdAt: integer().notNull(),
    /** Who made it, as the audit log has it. */
    createdBy: text().notNull(),
    /** Epoch ms: it opens nothing from then on, because another one took its place; null: it does not end. */
    expiresAt: integer(),
    revokedAt: integer(),
    /** At this backend; written once a minute at most. The edge keeps its own. */
    lastUsedAt: integer(),
    /** Of the whole list, as of this row's last change: the greatest one is what the edge must have. */
    revision: integer().notNull(),
  },
  (table) => [index('access_keys_name').on(table.name)],
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

/**
 * Users whose data was deleted, and is deleted when it arrives later. `deletion` numbers deletions, here and in
 * `deleted_sessions`: a number is never given again, so readers know what was deleted since.
 */
export const deletedUsers = sqliteTable(
  'deleted_users',
  {
    userId: text().notNull(),
    deletedAt: integer().notNull(),
    deletion: integer().notNull().default(0),
    /** Their newest erasure; null: from before there were receipts. */
    erasure: text(),
  },
  (table) => [primaryKey({ columns: [table.userId] })],
);

/** Sessions whose rows without a user were deleted. Kept for as long as feedback on them may still arrive. */
export const deletedSessions = sqliteTable(
  'deleted_sessions',
  {
    sessionId: text().notNull(),
    deletedAt: integer().notNull(),
    deletion: integer().notNull(),
    /** Erasures of the users whose session it was, so that another erasure of such a user finds it again. */
    erasures: text({ mode: 'json' }).$type<string[]>().notNull().default([]),
  },
  (table) => [primaryKey({ columns: [table.sessionId] })],
);

/** When each job by the clock ran last, by whichever backend: jobs that run every few seconds are not here. */
export const jobRuns = sqliteTable('job_runs', {
  name: text().primaryKey(),
  startedAt: integer().notNull(),
  finishedAt: integer().notNull(),
  /** Why it failed; null: it did not. */
  problem: text(),
});

/**
 * Receipts: one per erasure, and one where an erased user was allowed again. They name nobody. A stage is null until it is complete for
 * everything that was deleted up to the erasure.
 */
export const erasures = sqliteTable(
  'erasures',
  {
    /** Random. */
    id: text().primaryKey(),
    at: integer().notNull(),
    kind: text().$type<'user' | 'session' | 'allow'>().notNull(),
    by: text().notNull(),
    /** Number of the deletion, as tombstones bear it; another one after a replay. */
    deletion: integer().notNull(),
    /** How many sessions it found. */
    sessions: integer().notNull(),
    /** Table → rows deleted from it. */
    rows: text({ mode: 'json' }).$type<Readonly<Record<string, number>>>().notNull(),
    /** Texts that should name nobody, where they were searched: table → rows that did. */
    searched: text({ mode: 'json' }).$type<Readonly<Record<string, number>>>(),
    partitions: text({ mode: 'json' }).$type<PartitionsErased>(),
    /** When it stood in the journal beside the database. */
    journaledAt: integer(),
    partitionsAt: integer(),
    /** When the write-ahead log was emptied. */
    logAt: integer(),
    /** When the file was rewritten, free pages with it. */
    fileAt: integer(),
    /** When it was carried out again on a database that was restored from before it; null: never. */
    replayedAt: integer(),
  },
  (table) => [index('erasures_at').on(table.at), index('erasures_deletion').on(table.deletion)],
);

/** How many partitions were searched, and how many of them written anew. */
export interface PartitionsErased {
  readonly searched: number;
  readonly rewritten: number;
}
