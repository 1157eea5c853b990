import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { SessionExclusionReason } from './classify-session.ts';
import { keyOf, type SessionDay, type SessionDayKey } from './session-day.ts';

/** A session day as it was classified the last time. */
export type KnownDay = SessionDayKey &
  Pick<SessionDay, 'clickedItems' | 'dwells'> & {
    fault: SessionExclusionReason | null;
  };

/** @returns by `keyOf`, those that were classified under the rules in force. */
export async function knownDays(
  db: LibSQLDatabase,
  asked: readonly SessionDayKey[],
  startRevision: number,
): Promise<Map<string, KnownDay>> {
  const listed = JSON.stringify(asked.map(({ sessionId, day }) => [sessionId, day]));
  const rows = await db.all<KnownDay>(sql`
    select s.sessionId, s.day, s.clickedItems, s.dwells, s.fault
    from json_each(${listed}) a
    cross join session_days s on s.sessionId = a.value ->> 0 and s.day = a.value ->> 1
    where s.revision > ${startRevision}`);
  return new Map(rows.map((row) => [keyOf(row), row]));
}
