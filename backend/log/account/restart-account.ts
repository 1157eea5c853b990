import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import type { SessionExclusionReason } from './classify-session.ts';
import { isAt, CLASSIFIED, markText, moveMark, statement, type ClassifiedMark } from './mark.ts';
import { newestRevision } from './revision.ts';

/** The reason of an earlier account for leaving out a session is not known any more. */
const FROM_BEFORE: SessionExclusionReason = 'refused_before';

/**
 * Starts to classify the whole log from its beginning: under a new version of the account, or under the same version where
 * only the mark was lost; then closed days stay closed. Sessions whose log has been pruned are taken from the stored units,
 * so that late outcomes can still be credited to them.
 */
export async function restartAccount(
  { db, write }: Pick<Store, 'db' | 'write'>,
  text: string | undefined,
  before: ClassifiedMark | undefined,
  version: string,
): Promise<void> {
  const isSame = before?.version === version;
  const [{ startRevision }] = await db.all<Pick<ClassifiedMark, 'startRevision'>>(
    sql`select ${newestRevision} as startRevision`,
  );
  const mark: ClassifiedMark = {
    version,
    decisions: null,
    events: null,
    closedBefore: isSame ? before.closedBefore : 0,
    knownTo: isSame ? Math.max(before.knownTo, before.decisions?.rowid ?? 0) : 0,
    startRevision: isSame ? before.startRevision : startRevision,
  };
  const next = markText(mark);
  const here = isAt(CLASSIFIED, next);
  const day = sql`firstAt - firstAt % 86400000`;
  await write([
    moveMark(CLASSIFIED, text, next),
    ...(isSame ? [] : [statement(db, sql`delete from late_rankings where ${here}`)]),
    statement(
      db,
      sql`insert into session_days (sessionId, day, firstAt, clickedItems, dwells, fault, revision)
        select unit, ${day}, min(firstAt), 0, 0, case when max(refused) then ${FROM_BEFORE} end, ${startRevision}
        from (
          select unit, firstAt, "values" ->> 'refused' is not null as refused from metric_units
            where kind = 'session'
          union all
          select unit, firstAt, refused from experiment_units where userId is null or unit <> userId
          union all
          select s.value, u.firstAt, u.refused from experiment_units u, json_each(u.sessions) s)
        where ${here} group by 1, 2 on conflict do nothing`,
    ),
    statement(
      db,
      sql`insert into user_days (userId, sessionId, day, firstAt)
        select userId, unit, ${day}, min(firstAt)
        from (
          select userId, unit, firstAt from metric_units where kind = 'session'
          union all
          select userId, unit, firstAt from experiment_units where unit <> userId
          union all
          select u.userId, s.value, u.firstAt from experiment_units u, json_each(u.sessions) s)
        where userId is not null and ${here} group by 1, 2, 3 on conflict do nothing`,
    ),
  ]);
}
