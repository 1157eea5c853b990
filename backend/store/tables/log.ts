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
import type { Consent } from '../../../shared/domain/consent.ts';
import type { ItemSource, Shadow } from '../../../shared/domain/decision.ts';

// What edges logged, and what the account makes of it.

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
    /** The line of an order that it was made of; null: a page sent it. */
    orderLine: text(),
  },
  (table) => [
    primaryKey({ columns: [table.rankingId, table.eventId] }),
    index('events_order')
      .on(sql`(properties ->> '$.orderId')`)
      .where(sql`type = 'booking' and json_valid(properties)`),
    index('events_order_line')
      .on(table.orderLine)
      .where(sql`${table.orderLine} is not null`),
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
