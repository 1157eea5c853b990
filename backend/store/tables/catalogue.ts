import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Attributes } from '../../../shared/domain/item.ts';
import type { Markets } from '../../../shared/domain/trade.ts';
import type { PatchRef } from '../../../shared/domain/pointer.ts';

// The catalogue, and what is published and learned of it.

/** The current catalogue. */
export const items = sqliteTable('items', {
  id: text().primaryKey(),
  attributes: text({ mode: 'json' }).$type<Attributes>().notNull(),
  updatedAt: integer().notNull(),
  /** The feed that had it last, and takes it out once it has it no more; null: it was only ever put by hand. */
  feed: text(),
});

/** Of each item that change events told of, also of those that are gone, the newest event: one that is not newer changes nothing. */
export const itemVersions = sqliteTable('item_versions', {
  id: text().primaryKey(),
  version: integer().notNull(),
  /** The request that brought it. */
  request: text().notNull(),
  isDeleted: integer({ mode: 'boolean' }).notNull(),
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

/** Which items are alike, as it was published: the index of the newest, whose shards KV has. They follow from the items. */
export const relatedParts = sqliteTable('related_parts', {
  hash: text().primaryKey(),
  items: integer().notNull(),
  /** Of the index and its shards together. */
  sizeBytes: integer().notNull(),
  /** The settings and the revision of the items that they follow from. */
  madeOf: text().notNull(),
  publishedAt: integer().notNull(),
  /** The index. */
  bytes: blob({ mode: 'buffer' }).notNull(),
});

/** Exchange rates as they were taken, the newest in force. */
export const exchangeRates = sqliteTable('exchange_rates', {
  id: integer().primaryKey({ autoIncrement: true }),
  base: text().notNull(),
  /** `2026-11-30`: the day that they are of. */
  day: text().notNull(),
  perBase: text({ mode: 'json' }).$type<Readonly<Record<string, number>>>().notNull(),
  takenAt: integer().notNull(),
});

/** The markets of the configuration, for whatever packs the catalogue: one row, or none. */
export const markets = sqliteTable('markets', {
  name: text().primaryKey(),
  value: text({ mode: 'json' }).$type<Markets>().notNull(),
  since: integer().notNull(),
});
