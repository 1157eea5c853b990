import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Statement, Store } from '../../store/open.ts';
import type { EventVerdict } from './judge-events.ts';
import { isDwellLogged, judgeSession, type SessionFault } from './judge-session.ts';
import {
  isAt,
  isStillThere,
  JUDGED,
  markText,
  moveMark,
  readMark,
  rowsAfter,
  statement,
  type JudgedMark,
  type Seen,
} from './mark.ts';
import { measureSessionDays, type SessionDay, type SessionDayKey } from './measure-session-days.ts';
import { countRevision, newestRevision } from './revision.ts';
import { accountVersion, type Rules } from './rules.ts';
import { startAnew } from './start-anew.ts';

const PAGE = { decisions: 2000, events: 10_000 };

interface NewRanking {
  readonly rankingId: string;
  readonly sessionId: string;
  readonly at: number;
}

/**
 * Judges what came since the last time: each ranking of which something is new, and each session on the day of such a
 * ranking, whole. What was judged from the same rows before comes out the same, so neither the order of arrival nor where
 * it is cut matters, and who judges twice changes nothing. Nothing is judged anew of days that are closed.
 */
export async function judgeLog(store: Pick<Store, 'db' | 'write'>, rules: Rules): Promise<void> {
  const { db } = store;
  const version = accountVersion(rules);
  for (;;) {
    const { text, mark } = await readMark<JudgedMark>(db, JUDGED);
    if (
      mark?.version !== version ||
      !(await isStillThere(db, 'decisions', mark.decisions)) ||
      !(await isStillThere(db, 'events', mark.events))
    ) {
      await startAnew(store, text, mark, version);
      continue;
    }
    const decisions = await rowsAfter<NewRanking>(
      db,
      'decisions',
      mark.decisions,
      sql`rankingId, sessionId, at`,
      PAGE.decisions,
    );
    const events = await rowsAfter<{ rankingId: string }>(
      db,
      'events',
      mark.events,
      sql`rankingId`,
      PAGE.events,
    );
    if (decisions.length === 0 && events.length === 0) return;
    const found = await judge(db, rules, mark, decisions, [
      ...new Set(events.map(({ rankingId }) => rankingId)),
    ]);
    const seen = (rows: readonly { rowid: number; key: string }[]) => {
      const last = rows.at(-1);
      return last && { rowid: last.rowid, key: last.key };
    };
    const next = markText({
      ...mark,
      decisions: seen(decisions) ?? mark.decisions,
      events: seen(events) ?? mark.events,
    });
    // Where another backend was first, the mark is read again, and nothing of this page was written.
    await store.write([moveMark(JUDGED, text, next), ...written(db, found, next)]);
  }
}

interface Found {
  readonly late: readonly NewRanking[];
  readonly verdicts: ReadonlyMap<EventVerdict, readonly string[]>;
  readonly days: readonly (SessionDay & { fault: SessionFault | null })[];
  /** Sessions of those days about which nothing is new, but that pass for people, or no longer do, by their day. */
  readonly turned: readonly (SessionDayKey & { fault: SessionFault | null })[];
}

async function judge(
  db: LibSQLDatabase,
  rules: Rules,
  { closedBefore, startRevision, knownTo }: JudgedMark,
  arrived: readonly (NewRanking & Seen)[],
  touched: readonly string[],
): Promise<Found> {
  const known = await db.all<NewRanking>(sql`
    select rankingId, sessionId, at from decisions
    where rankingId in (select value from json_each(${JSON.stringify(touched)}))`);
  const rankings = new Map([...known, ...arrived].map((one) => [one.rankingId, one]));
  const [closed, open] = split([...rankings.values()], ({ at }) => at < closedBefore);
  const asked = new Map(
    open.map(({ sessionId, at }) => {
      const day = floorToDay(at);
      return [keyOf({ sessionId, day }), { sessionId, day }];
    }),
  );
  const before = await knownDays(db, [...asked.values()], startRevision);
  // More rankings make no crawler a person: of its session, however long, only what is new is looked at.
  const isCrawler = (key: SessionDayKey) => before.get(keyOf(key))?.fault === 'too_many_rankings';
  const [crawlers, others] = split([...asked.values()], isCrawler);
  const ofCrawlers = new Set(crawlers.map(keyOf));
  const verdicts = new Map<EventVerdict, string[]>();
  const days = await measureSessionDays(
    db,
    rules,
    {
      days: others,
      rankingIds: open
        .filter(({ sessionId, at }) => ofCrawlers.has(keyOf({ sessionId, day: floorToDay(at) })))
        .map(({ rankingId }) => rankingId),
    },
    (eventId, verdict) => {
      const same = verdicts.get(verdict);
      if (same === undefined) verdicts.set(verdict, [eventId]);
      else same.push(eventId);
    },
  );
  const afterClose = await db.all<{ eventId: string }>(sql`
    select eventId from events where fault is null and rankingId in (
      select value from json_each(${JSON.stringify(closed.map(({ rankingId }) => rankingId))}))`);
  if (afterClose.length > 0)
    verdicts.set(
      'after_close',
      afterClose.map(({ eventId }) => eventId),
    );
  const late = arrived.filter(({ at, rowid }) => at < closedBefore && rowid > knownTo);
  return { late, verdicts, ...(await settleDwelling(db, rules, days, before, startRevision)) };
}

type KnownDay = SessionDayKey &
  Pick<SessionDay, 'clickedItems' | 'dwells'> & {
    fault: SessionFault | null;
  };

const keyOf = ({ sessionId, day }: SessionDayKey) => `${day} ${sessionId}`;

async function knownDays(
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

/** Whether a day's dwelling is logged is told by the whole day: a new session may turn the verdict on others. */
async function settleDwelling(
  db: LibSQLDatabase,
  { filters }: Rules,
  measured: readonly SessionDay[],
  before: ReadonlyMap<string, KnownDay>,
  startRevision: number,
): Promise<Pick<Found, 'days' | 'turned'>> {
  const most = filters.maxClicksWithoutDwell;
  if (most === null)
    return { days: measured.map((one) => ({ ...one, fault: one.ownFault })), turned: [] };
  const counts = new Map<number, { clicked: number; dwelt: number }>();
  const stored = await db.all<{ day: number; clicked: number; dwelt: number }>(sql`
    select day, sum(clickedItems > 0) as clicked, sum(clickedItems > 0 and dwells > 0) as dwelt
    from session_days
    where day in (select value from json_each(${JSON.stringify([...new Set(measured.map(({ day }) => day))])}))
      and revision > ${startRevision}
    group by day`);
  for (const { day, clicked, dwelt } of stored) counts.set(day, { clicked, dwelt });
  const add = (
    { day, clickedItems, dwells }: Pick<SessionDay, 'day' | 'clickedItems' | 'dwells'>,
    sign: 1 | -1,
  ) => {
    const count = counts.get(day) ?? { clicked: 0, dwelt: 0 };
    counts.set(day, count);
    if (clickedItems === 0) return;
    count.clicked += sign;
    if (dwells > 0) count.dwelt += sign;
  };
  for (const one of measured) {
    const was = before.get(keyOf(one));
    if (was !== undefined) add(was, -1);
    add(one, 1);
  }
  const logged = new Set(
    [...counts].flatMap(([day, { clicked, dwelt }]) => (isDwellLogged(clicked, dwelt) ? day : [])),
  );
  const days = measured.map((one) => ({
    ...one,
    fault: judgeSession(one.facts, filters, logged.has(one.day)) ?? null,
  }));
  const fresh = new Set(measured.map(keyOf));
  const turnable = await db.all<KnownDay>(sql`
    select sessionId, day, fault from session_days
    where day in (select value from json_each(${JSON.stringify([...counts.keys()])}))
      and revision > ${startRevision} and dwells = 0 and clickedItems >= ${Math.max(most, 1)}`);
  const turned = turnable
    .filter((one) => !fresh.has(keyOf(one)))
    .map(({ sessionId, day, fault: was }) => {
      const fault: SessionFault | null = logged.has(day) ? 'clicks_without_dwell' : null;
      return { sessionId, day, fault, was };
    })
    .filter(({ fault, was }) => fault !== was);
  return { days, turned };
}

/** Each holds only where this backend moved the mark. */
function written(db: LibSQLDatabase, found: Found, mark: string): Statement[] {
  const { late, verdicts, days, turned } = found;
  const here = isAt(JUDGED, mark);
  const statements: Statement[] = [];
  if (late.length > 0)
    statements.push(
      statement(
        db,
        sql`insert into late_rankings (rankingId, at)
          select value ->> 'rankingId', value ->> 'at' from json_each(${JSON.stringify(late)})
          where ${here} on conflict do nothing`,
      ),
    );
  for (const [verdict, ids] of verdicts)
    statements.push(
      statement(
        db,
        sql`update events set fault = ${verdict}
          where eventId in (select value from json_each(${JSON.stringify(ids)})) and ${here}`,
      ),
    );
  if (days.length + turned.length > 0) statements.push(countRevision(db, here));
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
  if (turned.length > 0)
    statements.push(
      statement(
        db,
        sql`update session_days set fault = t.value ->> 'fault', revision = ${newestRevision}
          from json_each(${JSON.stringify(turned)}) t
          where session_days.sessionId = t.value ->> 'sessionId'
            and session_days.day = t.value ->> 'day' and ${here}`,
      ),
    );
  return statements;
}

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  const [first, second]: [T[], T[]] = [[], []];
  for (const one of all) (isFirst(one) ? first : second).push(one);
  return [first, second];
}
