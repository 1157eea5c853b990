import { sql } from 'drizzle-orm';
import { batches, decisions, events } from '../../backend/store/tables.ts';
import { openDatabase } from './client.ts';
import type { SentEvent } from './load.ts';
import type { System } from './system.ts';

/** What ingest has committed, read from the database file itself. */
export interface StoredLog {
  batchCount(): Promise<number>;
  eventCount(): Promise<number>;
  decisionCount(): Promise<number>;
  /** One entry per row. */
  rankingIds(): Promise<string[]>;
  events(): Promise<SentEvent[]>;
  /** Events in all batches together: more than there are rows when one came in two batches. */
  eventsInBatches(): Promise<number>;
  readonly close: () => void;
}

export function openStoredLog(system: System): StoredLog {
  const { db, close } = openDatabase(system);
  const one = async (query: ReturnType<typeof sql>) =>
    (await db.all<{ n: number }>(sql`select ${query} as n`))[0].n;
  return {
    batchCount: () => one(sql`(select count(*) from ${batches})`),
    eventCount: () => one(sql`(select count(*) from ${events})`),
    decisionCount: () => one(sql`(select count(*) from ${decisions})`),
    eventsInBatches: () => one(sql`(select coalesce(sum(events), 0) from ${batches})`),
    async rankingIds() {
      const rows = await db.select({ id: decisions.rankingId }).from(decisions);
      return rows.map(({ id }) => id);
    },
    async events() {
      const { eventId, type, rankingId, itemId, value } = events;
      const rows = await db.select({ eventId, type, rankingId, itemId, value }).from(events);
      return rows as SentEvent[];
    },
    close,
  };
}
