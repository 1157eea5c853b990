import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { MAX_VALUE } from '../../../shared/domain/event.ts';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Store } from '../../store/open.ts';
import { rankingCounts } from './counted.ts';
import { markDays } from './day-marks.ts';
import {
  CREDITED,
  isAt,
  isStillThere,
  CLASSIFIED,
  markText,
  moveMark,
  readMark,
  rowsAfter,
  statement,
  type CreditedMark,
  type ClassifiedMark,
  type Seen,
} from './mark.ts';
import { countRevision, newestRevision, revisionAfter } from './revision.ts';
import { accountVersion, type Rules } from './rules.ts';

const PAGE = 2000;

/** What a person does with an item that may lead to an outcome. */
export const TOUCHES = sql`('click', 'dwell', 'save', 'contact', 'booking_start', 'booking')`;

/**
 * Credits outcomes. An outcome is credited to the user that it names, and to one session: the one that it names; else the
 * session of the user's last touch before it, within the attribution window of the touched ranking; else the user's
 * session that began its day last before it. The item that was touched last in that session, within the window, is
 * credited too. So each outcome counts once for every reader. Sessions and touches that do not count are credited with
 * nothing, and an outcome that names only such a session is credited to nobody.
 *
 * A credit is final once the day of the outcome, or the day of the ranking that it was given to, is closed.
 */
export async function creditOutcomes(
  store: Pick<Store, 'db' | 'write'>,
  rules: Rules,
): Promise<void> {
  const { db } = store;
  const version = accountVersion(rules);
  for (;;) {
    const { mark: classified } = await readMark<ClassifiedMark>(db, CLASSIFIED);
    const { text, mark } = await readMark<CreditedMark>(db, CREDITED);
    if (classified?.version !== version) return;
    const isKnown =
      mark?.version === version && (await isStillThere(db, 'outcomes', mark.outcomes));
    const from = isKnown ? mark : { version, outcomes: null, revision: 0 };
    const arrived = await rowsAfter<object>(db, 'outcomes', from.outcomes, sql`1`, PAGE);
    const revision = await revisionAfter(db, from.revision);
    if (isKnown && arrived.length === 0 && revision === from.revision) return;
    const last = arrived.at(-1);
    const outcomes: Seen | null =
      last === undefined ? from.outcomes : { rowid: last.rowid, key: last.key };
    const found = await creditsOf(db, rules, classified.closedBefore, from, { outcomes, revision });
    const next = markText({ version, outcomes, revision } satisfies CreditedMark);
    const credits = JSON.stringify(found);
    const here = isAt(CREDITED, next);
    const sessions = [
      ...new Set(found.flatMap(({ was, session }) => [was, session].filter((id) => id !== null))),
    ];
    // Where another backend was first, the mark is read again, and nothing of this page was written.
    await store.write([
      moveMark(CREDITED, text, next),
      statement(
        db,
        sql`update outcomes set creditedUser = c.value ->> 'user',
            creditedSession = c.value ->> 'session', creditedRanking = c.value ->> 'ranking',
            creditedItem = c.value ->> 'item'
          from json_each(${credits}) c where outcomes.outcomeId = c.value ->> 'outcomeId' and ${here}`,
      ),
      ...markDays(
        db,
        found.flatMap(({ changedDays }) => changedDays),
        here,
      ),
      ...(sessions.length === 0 ? [] : [countRevision(db, here)]),
      // Readers that keep units measure these sessions again.
      statement(
        db,
        sql`update session_days set revision = ${newestRevision}
          where (sessionId, day) in (
            select sessionId, max(day) from session_days
            where sessionId in (select value from json_each(${JSON.stringify(sessions)}))
            group by 1) and ${here}`,
      ),
    ]);
  }
}

interface Credit {
  readonly outcomeId: string;
  readonly user: string | null;
  readonly session: string | null;
  readonly ranking: string | null;
  readonly item: string | null;
  /** The session that it was credited to before. */
  readonly was: string | null;
  /** First milliseconds of the days whose rankings lose or get it. */
  readonly changedDays: readonly number[];
}

/** @returns those that change. */
async function creditsOf(
  db: LibSQLDatabase,
  { attributionDays }: Rules,
  closedBefore: number,
  from: CreditedMark,
  to: Pick<CreditedMark, 'outcomes' | 'revision'>,
): Promise<Credit[]> {
  const window = attributionDays * DAY_MS;
  const known = from.outcomes?.rowid ?? 0;
  /** The last touch, as `{"ranking", "at", "session", "item"}`. */
  const lastTouch = (whose: SQL): SQL => sql`(
    select json_object('ranking', d.rankingId, 'at', d.at, 'session', d.sessionId, 'item', e.itemId)
    from decisions d cross join events e on e.rankingId = d.rankingId
    where ${whose} and d.at between o.at - ${window} and o.at and ${rankingCounts(sql`d`)}
      and e.receivedAt <= o.at and e.fault = '' and e.itemId is not null and e.type in ${TOUCHES}
    order by e.receivedAt desc, e.eventId desc, e.rankingId desc limit 1)`;
  const rows = await db.all<{
    outcomeId: string;
    user: string | null;
    session: string | null;
    touch: string | null;
    wasUser: string | null;
    wasSession: string | null;
    wasRanking: string | null;
    wasItem: string | null;
    wasAt: number | null;
    isPruned: number;
  }>(sql`
    with changed as materialized (
      select sessionId, min(day) as day from session_days
      where revision > ${from.revision} and revision <= ${to.revision} group by 1
    ),
    -- The credit of what is not new is final once the day of its date is closed.
    asked as materialized (
      select outcomeId from outcomes where rowid > ${known} and rowid <= ${to.outcomes?.rowid ?? 0}
      union
      select o.outcomeId from changed c cross join outcomes o on o.sessionId = c.sessionId
        where o.rowid <= ${known} and o.at >= c.day and o.at >= ${closedBefore}
      union
      select o.outcomeId from changed c cross join user_days k on k.sessionId = c.sessionId
        cross join outcomes o on o.userId = k.userId
        where o.rowid <= ${known} and o.at >= c.day and o.at >= ${closedBefore}
    ),
    named as materialized (
      select o.*, exists (
          select 1 from session_days s
          where s.sessionId = o.sessionId and s.firstAt <= o.at and s.fault is null) as namesSession
      from asked a cross join outcomes o on o.outcomeId = a.outcomeId
      where abs(o.value) <= ${MAX_VALUE}
    ),
    owned as materialized (
      select o.*, coalesce(o.userId, case when namesSession then (
          select k.userId from user_days k where k.sessionId = o.sessionId and k.firstAt <= o.at
          order by k.firstAt desc, k.userId limit 1) end) as owner,
        case when not namesSession then ${lastTouch(sql`d.userId = o.userId`)} end as ofUser
      from named o
    ),
    placed as materialized (
      select o.*, case when namesSession then o.sessionId else coalesce(ofUser ->> 'session', (
          select k.sessionId from user_days k cross join session_days s
            on s.sessionId = k.sessionId and s.day = k.day
          where k.userId = o.userId and k.firstAt <= o.at and s.fault is null
          order by k.firstAt desc, k.sessionId desc limit 1)) end as place
      from owned o
    )
    select o.outcomeId, o.owner as user, o.place as session,
      ${lastTouch(sql`d.sessionId = o.place`)} as touch, o.creditedUser as wasUser,
      o.creditedSession as wasSession, o.creditedRanking as wasRanking, o.creditedItem as wasItem,
      (select at from decisions d where d.rankingId = o.creditedRanking) as wasAt,
      o.creditedSession is not null and not exists (
        select 1 from decisions d where d.sessionId = o.creditedSession) as isPruned
    from placed o`);
  return rows.flatMap((row): Credit[] => {
    const { outcomeId, user, session, wasUser, wasSession, wasRanking, wasItem, wasAt } = row;
    const isFinal = wasAt !== null && wasAt < closedBefore;
    // The rows that this credit was computed from have been pruned.
    if (isFinal || row.isPruned === 1) return [];
    const touch =
      row.touch === null
        ? undefined
        : (JSON.parse(row.touch) as { ranking: string; item: string; at: number });
    const isOpen = touch !== undefined && touch.at >= closedBefore;
    const ranking = isOpen ? touch.ranking : null;
    const item = isOpen ? touch.item : null;
    if (user === wasUser && session === wasSession && ranking === wasRanking && item === wasItem)
      return [];
    const changedDays = [wasAt, isOpen ? touch.at : null]
      .filter((at) => at !== null)
      .map((at) => floorToDay(at));
    return [{ outcomeId, user, session, ranking, item, was: wasSession, changedDays }];
  });
}
