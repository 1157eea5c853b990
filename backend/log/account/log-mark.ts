import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Span } from './read-rankings.ts';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';

/** How far the log has come: equal marks, equal labels. Row ids are the order of insertion, so each is one look. */
export async function readLogMark(
  db: LibSQLDatabase,
): Promise<{ logMark: string; deletions: number }> {
  const [row] = await db.all<Record<'d' | 'e' | 'o' | 'u', number | null>>(sql`
    select (select max(rowid) from decisions) as d, (select max(rowid) from events) as e,
      (select max(rowid) from outcomes) as o, (select max(rowid) from deleted_users) as u`);
  const { d, e, o, u } = row;
  return { logMark: `${d ?? 0}-${e ?? 0}-${o ?? 0}-${u ?? 0}`, deletions: u ?? 0 };
}

/** Users who were deleted since. */
export async function deletedSince(db: LibSQLDatabase, deletions: number): Promise<string[]> {
  const rows = await db.all<{ userId: string }>(
    sql`select userId from deleted_users where rowid > ${deletions}`,
  );
  return rows.map(({ userId }) => userId);
}

/** First milliseconds of the days in a span on which something was ranked under a schema. */
export const daysWithRankings = (
  db: LibSQLDatabase,
  schemaHash: string,
  span: Span,
): Promise<number[]> =>
  daysOf(span, async ({ from, to }) => {
    const [{ at }] = await db.all<{ at: number | null }>(sql`
      select min(at) as at from decisions
      where schemaHash = ${schemaHash} and at between ${from} and ${to}`);
    return at;
  });

/** The same of days on which feedback came in. */
export const daysWithEvents = (db: LibSQLDatabase, span: Span): Promise<number[]> =>
  daysOf(span, async ({ from, to }) => {
    const [{ at }] = await db.all<{ at: number | null }>(sql`
      select min(receivedAt) as at from events where receivedAt between ${from} and ${to}`);
    return at;
  });

/** Each next day is one look at an index. */
async function daysOf(
  span: Span,
  first: (rest: Span) => Promise<number | null>,
): Promise<number[]> {
  const starts: number[] = [];
  let at = await first(span);
  while (at !== null) {
    const start = floorToDay(at);
    starts.push(start);
    at = await first({ from: start + DAY_MS, to: span.to });
  }
  return starts;
}

/** Every schema that something was ranked under. */
export async function schemasWithRankings(db: LibSQLDatabase): Promise<string[]> {
  const rows = await db.all<{ hash: string }>(sql`
    with recursive known(hash) as (
      select min(schemaHash) from decisions
      union all
      select (select min(schemaHash) from decisions where schemaHash > hash) from known
      where hash is not null)
    select hash from known where hash is not null`);
  return rows.map(({ hash }) => hash);
}
