import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Scope } from '../../../shared/domain/access-key.ts';

// Who may do what, who did what, and who was forgotten.

/** The audit log: who changed what is live, and how. Append-only. */
export const audit = sqliteTable('audit', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  subject: text().notNull(),
  details: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
});

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
    /** When everything that was sealed before it was gone from the bucket of the log; 0: there was no such bucket. */
    batchesAt: integer().default(0),
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
