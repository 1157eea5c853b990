import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS, floorToDay } from '../../shared/domain/utc-day.ts';
import { schemasWithRankings } from './account/log-mark.ts';

/** Nothing is ranked for so long where a system is in use: a longer gap is a pause, or a clock that jumped. */
export const LONGEST_GAP_MS = 7 * DAY_MS;

/** After a gap, entries on this many days in a row are believed. */
const DAYS_TO_BELIEVE = 3;

/**
 * What time it is by the log, epoch ms: when its newest entry was received, by the edge's clock. All that deletes or
 * closes by age counts age from here, and not from this machine's clock: one that is a year ahead would find everything
 * a year old, and what was deleted does not come back when the clock is put right.
 *
 * Entries from after `nowMs` are no evidence, and neither are those after a gap of more than a week until there are some
 * on three days: edge and backend may share a machine, and then its clock is wrong in both.
 * @returns undefined where the log is empty: then nothing has an age.
 */
export async function readLogTime(db: LibSQLDatabase, nowMs: number): Promise<number | undefined> {
  const newest = await newestEntry(db, nowMs);
  let after = newest;
  for (let day = 1; day < DAYS_TO_BELIEVE && after !== undefined; day++) {
    const before = await newestEntry(db, floorToDay(after) - 1);
    if (before === undefined) return newest;
    if (floorToDay(after) - before > LONGEST_GAP_MS) return before;
    after = before;
  }
  return newest;
}

/**
 * This machine's time, unless it is more than a week ahead of the log: then the log's. For what goes by the clock where
 * nothing is logged, and could not be taken back.
 */
export async function believedTime(db: LibSQLDatabase, nowMs: number): Promise<number> {
  const logMs = await readLogTime(db, nowMs);
  return logMs !== undefined && nowMs - logMs > LONGEST_GAP_MS ? logMs : nowMs;
}

/** This machine's time, unless the log is ahead of it: then the log's. For what gets an age from now on, as age counts by the log. */
export async function timeToCountFrom(db: LibSQLDatabase, nowMs: number): Promise<number> {
  return Math.max(nowMs, (await readLogTime(db, Number.MAX_SAFE_INTEGER)) ?? nowMs);
}

/** When the newest entry up to a moment was received; each lookup is one in an index. */
export async function newestEntry(db: LibSQLDatabase, upTo: number): Promise<number | undefined> {
  const [{ newest }] = await db.all<{ newest: number | null }>(
    sql`select max(receivedAt) as newest from events where receivedAt <= ${upTo}`,
  );
  let last = newest;
  for (const hash of await schemasWithRankings(db)) {
    const [{ at }] = await db.all<{ at: number | null }>(
      sql`select max(at) as at from decisions where schemaHash = ${hash} and at <= ${upTo}`,
    );
    if (at !== null) last = Math.max(last ?? at, at);
  }
  return last ?? undefined;
}
