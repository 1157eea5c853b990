import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import type { SessionFault } from './judge-session.ts';
import { isAt, JUDGED, markText, moveMark, statement, type JudgedMark } from './mark.ts';
import { newestRevision } from './revision.ts';

/** Why an earlier account held a session for a bot's is not known any more. */
const FROM_BEFORE: SessionFault = 'refused_before';

/**
 * Begins to judge the whole log under a version of the account; or, where only the mark is lost, again under the same:
 * then days that are closed stay so. Sessions whose log is gone are known from what was stored of
 * units, so that late outcomes still find whose they are.
 */
export async function startAnew(
  { db, write }: Pick<Store, 'db' | 'write'>,
  text: string | undefined,
  before: JudgedMark | undefined,
  version: string,
): Promise<void> {
  const isSame = before?.version === version;
  const [{ startRevision }] = await db.all<Pick<JudgedMark, 'startRevision'>>(
    sql`select ${newestRevision} as startRevision`,
  );
  const mark: JudgedMark = {
    version,
    decisions: null,
    events: null,
    closedBefore: isSame ? before.closedBefore : 0,
    knownTo: isSame ? Math.max(before.knownTo, before.decisions?.rowid ?? 0) : 0,
    startRevision: isSame ? before.startRevision : startRevision,
  };
  const next = markText(mark);
  const here = isAt(JUDGED, next);
  const day = sql`firstAt - firstAt % 86400000`;
  await write([
    moveMark(JUDGED, text, next),
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
