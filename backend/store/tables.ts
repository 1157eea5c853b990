import { blob, index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Attributes } from '../../shared/domain/item.ts';

/** Every timestamp is epoch ms; every `json` column is checked where it enters, not here. */

/** The catalogue as last told. */
export const items = sqliteTable('items', {
  id: text().primaryKey(),
  attributes: text({ mode: 'json' }).$type<Attributes>().notNull(),
  updatedAt: integer().notNull(),
});

/** Packed catalogues that were published. */
export const snapshots = sqliteTable('snapshots', {
  hash: text().primaryKey(),
  schemaHash: text().notNull(),
  items: integer().notNull(),
  sizeBytes: integer().notNull(),
  parts: integer().notNull(),
  publishedAt: integer().notNull(),
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

/** What was written to KV and read back whole: a version without its row here waits to be published. */
export const publications = sqliteTable('publications', {
  /** `<namespace>/<key>`. */
  key: text().primaryKey(),
  sha256: text().notNull(),
  publishedAt: integer().notNull(),
});

/** One row per ranking that was served. Blobs are little-endian, one entry per slot. */
export const decisions = sqliteTable(
  'decisions',
  {
    rankingId: text().primaryKey(),
    at: integer().notNull(),
    sessionId: text().notNull(),
    userId: text(),
    arm: text(),
    weights: text().notNull(),
    delta: integer().notNull(),
    schemaHash: text().notNull(),
    snapshot: text().notNull(),
    degraded: integer({ mode: 'boolean' }).notNull(),
    seed: integer().notNull(),
    temperature: real().notNull(),
    epsilon: real().notNull(),
    poolSize: integer().notNull(),
    limit: integer().notNull(),
    request: text().notNull(),
    itemIds: text({ mode: 'json' }).$type<string[]>().notNull(),
    /** i32 fixed-point scores. */
    units: blob({ mode: 'buffer' }).notNull(),
    /** f64. */
    propensities: blob({ mode: 'buffer' }).notNull(),
    /** slots × F bytes. */
    codes: blob({ mode: 'buffer' }).notNull(),
  },
  (table) => [
    index('decisions_schema_at').on(table.schemaHash, table.at),
    index('decisions_user').on(table.userId),
    index('decisions_weights_at').on(table.weights, table.at),
  ],
);

export const events = sqliteTable(
  'events',
  {
    eventId: text().primaryKey(),
    type: text().notNull(),
    rankingId: text().notNull(),
    itemId: text(),
    position: integer(),
    value: real(),
    properties: text({ mode: 'json' }).$type<Record<string, unknown>>(),
    timestamp: integer().notNull(),
    receivedAt: integer().notNull(),
    sessionId: text().notNull(),
    userId: text(),
    arm: text(),
    weights: text().notNull(),
  },
  (table) => [
    index('events_ranking_type').on(table.rankingId, table.type),
    index('events_user').on(table.userId),
    index('events_received').on(table.receivedAt),
  ],
);

/** Batches that were committed: a batch sent again is answered, not stored again. */
export const batches = sqliteTable('batches', {
  batchId: text().primaryKey(),
  decisions: integer().notNull(),
  events: integer().notNull(),
  committedAt: integer().notNull(),
});

/** Long-term values, arriving late. */
export const outcomes = sqliteTable(
  'outcomes',
  {
    outcomeId: text().primaryKey(),
    sessionId: text(),
    userId: text(),
    metric: text().notNull(),
    value: real().notNull(),
    at: integer().notNull(),
    receivedAt: integer().notNull(),
  },
  (table) => [index('outcomes_at').on(table.at)],
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

/** What later logs said of a version against another; never updated. */
export const evaluations = sqliteTable(
  'evaluations',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    version: text().notNull(),
    against: text().notNull(),
    at: integer().notNull(),
    report: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index('evaluations_version').on(table.version)],
);

/** Who did what to what is live. Append-only. */
export const audit = sqliteTable('audit', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  subject: text().notNull(),
  details: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
});

/** What the publisher last made or saw live; one row per KV pointer (`weights`, `catalogue`). */
export const pointers = sqliteTable('pointers', {
  name: text().primaryKey(),
  value: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  since: integer().notNull(),
});

/** Versions of the reward: metric → weight. The newest row that has not expired is in force. */
export const metricWeights = sqliteTable('metric_weights', {
  id: integer().primaryKey({ autoIncrement: true }),
  schemaName: text().notNull(),
  weights: text({ mode: 'json' }).$type<Record<string, number>>().notNull(),
  author: text().notNull(),
  reason: text().notNull(),
  createdAt: integer().notNull(),
  expiresAt: integer(),
});

export const experiments = sqliteTable('experiments', {
  id: text().primaryKey(),
  name: text().notNull(),
  salt: text().notNull(),
  /** Arm name → {version, share}. */
  arms: text({ mode: 'json' })
    .$type<Record<string, { version: string; share: number }>>()
    .notNull(),
  status: text().$type<'draft' | 'running' | 'stopped'>().notNull(),
  createdAt: integer().notNull(),
  startedAt: integer(),
  stoppedAt: integer(),
});

/** Deletions that must also reach data still on its way here. */
export const deletedUsers = sqliteTable(
  'deleted_users',
  { userId: text().notNull(), deletedAt: integer().notNull() },
  (table) => [primaryKey({ columns: [table.userId] })],
);
