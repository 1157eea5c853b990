import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import type { EventStatus } from './classify-events.ts';
import type { SessionExclusionReason } from './classify-session.ts';
import { markDays } from './day-marks.ts';
import { CLASSIFIED, isAt, statement } from './mark.ts';
import { countRevision, newestRevision } from './revision.ts';
import type { SessionDay, SessionDayKey } from './session-day.ts';

export type StoredDay = Pick<
  SessionDay,
  'sessionId' | 'day' | 'firstAt' | 'clickedItems' | 'dwells' | 'users'
> & { readonly fault: SessionExclusionReason | null };

export interface MarkedRankings {
  readonly rankingIds: readonly string[];
  readonly status: EventStatus;
  /** The row ids of the events, the first exclusive. Absent: those without a status. */
  readonly rows?: { readonly after: number; readonly to: number };
}

/** What classifying a page of rows has found. */
export interface ClassifiedPage {
  /** Rankings that came in after their day was closed. */
  readonly late: readonly { readonly rankingId: string; readonly at: number }[];
  /** Row ids of events by their new status. */
  readonly statuses: ReadonlyMap<EventStatus, readonly number[]>;
  /** Rankings whose events get one status, without being read. */
  readonly marked: readonly MarkedRankings[];
  readonly days: readonly StoredDay[];
  /** Sessions without new rows whose classification changes because dwell is now, or is no longer, considered logged on that day. */
  readonly reclassified: readonly (SessionDayKey & { fault: SessionExclusionReason | null })[];
  /** First milliseconds of the open days of which the account now says something else. */
  readonly changedDays: ReadonlySet<number>;
}

/** Statements that store what was found. Each takes effect only where this backend moved the mark. */
export function storeClassified(
  db: LibSQLDatabase,
  { late, statuses, marked, days, reclassified, changedDays }: ClassifiedPage,
  mark: string,
): Statement[] {
  const here = isAt(CLASSIFIED, mark);
  const statements: Statement[] = markDays(db, changedDays, here);
  if (late.length > 0)
    statements.push(
      statement(
        db,
        sql`insert into late_rankings (rankingId, at)
          select value ->> 'rankingId', value ->> 'at' from json_each(${JSON.stringify(late)})
          where ${here} on conflict do nothing`,
      ),
    );
  for (const [status, ids] of statuses)
    statements.push(
      statement(
        db,
        sql`update events set fault = ${status}
          where rowid in (select value from json_each(${JSON.stringify(ids)})) and ${here}`,
      ),
    );
  for (const { rankingIds, status, rows } of marked) {
    if (rankingIds.length === 0) continue;
    // By row ids where those before are marked: an index by ranking would lead through all events of a flood.
    const which =
      rows === undefined
        ? sql`rankingId in (select value from json_each(${JSON.stringify(rankingIds)})) and fault is null`
        : sql`${rows.after === 0 ? sql`rankingId` : sql`+rankingId`} in (
            select value from json_each(${JSON.stringify(rankingIds)}))
            and rowid > ${rows.after} and rowid <= ${rows.to} and fault is not ${status}`;
    statements.push(
      statement(db, sql`update events set fault = ${status} where ${which} and ${here}`),
    );
  }
  if (days.length + reclassified.length > 0) statements.push(countRevision(db, here));
  if (days.length > 0) {
    const rows = days.map(({ sessionId, day, firstAt, clickedItems, dwells, fault }) => [
      sessionId,
      day,
      firstAt,
      clickedItems,
      dwells,
      fault,
    ]);
    const users = days.flatMap(({ sessionId, day, users: own }) =>
      [...own].map(([userId, firstAt]) => [userId, sessionId, day, firstAt]),
    );
    statements.push(
      statement(
        db,
        sql`insert into session_days (sessionId, day, firstAt, clickedItems, dwells, fault, revision)
          select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, ${newestRevision}
          from json_each(${JSON.stringify(rows)}) where ${here}
          on conflict do update set firstAt = excluded.firstAt, clickedItems = excluded.clickedItems,
            dwells = excluded.dwells, fault = excluded.fault, revision = excluded.revision`,
      ),
      statement(
        db,
        sql`insert into user_days (userId, sessionId, day, firstAt)
          select value ->> 0, value ->> 1, value ->> 2, value ->> 3
          from json_each(${JSON.stringify(users)})
          where ${here} and value ->> 0 not in (select userId from deleted_users)
          on conflict do update set firstAt = excluded.firstAt`,
      ),
    );
  }
  if (reclassified.length > 0)
    statements.push(
      statement(
        db,
        sql`update session_days set fault = t.value ->> 'fault', revision = ${newestRevision}
          from json_each(${JSON.stringify(reclassified)}) t
          where session_days.sessionId = t.value ->> 'sessionId'
            and session_days.day = t.value ->> 'day' and ${here}`,
      ),
    );
  return statements;
}
