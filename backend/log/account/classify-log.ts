import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import { floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Statement, Store } from '../../store/open.ts';
import type { EventStatus } from './classify-events.ts';
import { isDwellLogged, classifySession, type SessionExclusionReason } from './classify-session.ts';
import {
  isAt,
  isStillThere,
  CLASSIFIED,
  markText,
  moveMark,
  readMark,
  rowsAfter,
  statement,
  type ClassifiedMark,
  type Seen,
} from './mark.ts';
import { measureSessionDays, type SessionDay, type SessionDayKey } from './measure-session-days.ts';
import { countRevision, newestRevision } from './revision.ts';
import { accountVersion, type Rules } from './rules.ts';
import { restartAccount } from './restart-account.ts';

const PAGE = { decisions: 2000, events: 10_000 };

interface NewRanking {
  readonly rankingId: string;
  readonly sessionId: string;
  readonly at: number;
}

/**
 * Classifies the rows that came in since the last time. Each ranking with a new row is classified again with all of its
 * events, and so is its session with all of that day. The same rows always give the same result, so the order of arrival
 * and the cuts of batches do not matter, and classifying twice changes nothing. Closed days are not classified again.
 */
export async function classifyLog(store: Pick<Store, 'db' | 'write'>, rules: Rules): Promise<void> {
  const { db } = store;
  const version = accountVersion(rules);
  for (;;) {
    const { text, mark } = await readMark<ClassifiedMark>(db, CLASSIFIED);
    if (
      mark?.version !== version ||
      !(await isStillThere(db, 'decisions', mark.decisions)) ||
      !(await isStillThere(db, 'events', mark.events))
    ) {
      await restartAccount(store, text, mark, version);
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
    const found = await classify(db, rules, mark, decisions, events);
    const seen = (rows: readonly { rowid: number; key: string }[]) => {
      const last = rows.at(-1);
      return last && { rowid: last.rowid, key: last.key };
    };
    const next = markText({
      ...mark,
      decisions: seen(decisions) ?? mark.decisions,
      events: seen(events) ?? mark.events,
    });
    // Where another backend was first, nothing of this page is written, and the loop reads the mark again.
    await store.write([moveMark(CLASSIFIED, text, next), ...written(db, found, next)]);
  }
}

type StoredDay = Pick<
  SessionDay,
  'sessionId' | 'day' | 'firstAt' | 'clickedItems' | 'dwells' | 'users'
> & { readonly fault: SessionExclusionReason | null };

interface MarkedRankings {
  readonly rankingIds: readonly string[];
  readonly status: EventStatus;
  /** The row ids of the events, the first exclusive. Absent: those without a status. */
  readonly rows?: { readonly after: number; readonly to: number };
}

interface Found {
  readonly late: readonly NewRanking[];
  /** Row ids of events by their new status. */
  readonly statuses: ReadonlyMap<EventStatus, readonly number[]>;
  /** Rankings whose events get one status, without being read. */
  readonly marked: readonly MarkedRankings[];
  readonly days: readonly StoredDay[];
  /** Sessions without new rows whose classification changes because dwell is now, or is no longer, considered logged on that day. */
  readonly reclassified: readonly (SessionDayKey & { fault: SessionExclusionReason | null })[];
}

/** Of a session that is left out for one of these, nothing that it does next changes it. */
const STAYS: ReadonlySet<SessionExclusionReason | null> = new Set([
  'too_many_rankings',
  'too_many_events',
]);

async function classify(
  db: LibSQLDatabase,
  rules: Rules,
  mark: ClassifiedMark,
  arrived: readonly (NewRanking & Seen)[],
  events: readonly ({ readonly rankingId: string } & Seen)[],
): Promise<Found> {
  const { closedBefore, startRevision, knownTo } = mark;
  const touched = [...new Set(events.map(({ rankingId }) => rankingId))];
  const known = await db.all<NewRanking>(sql`
    select rankingId, sessionId, at from decisions
    where rankingId in (select value from json_each(${JSON.stringify(touched)}))`);
  const rankings = new Map([...known, ...arrived].map((one) => [one.rankingId, one]));
  const [closed, open] = split([...rankings.values()], ({ at }) => at < closedBefore);
  // Rankings without consent have no session to classify: they are left out all together, day by day.
  const [anonymous, identified] = split(open, ({ sessionId }) => sessionId === NO_SESSION);
  const asked = new Map(
    identified.map(({ sessionId, at }) => {
      const day = floorToDay(at);
      return [keyOf({ sessionId, day }), { sessionId, day }];
    }),
  );
  const anonymousDays = [...new Set(anonymous.map(({ at }) => floorToDay(at)))].map((day) => ({
    sessionId: NO_SESSION,
    day,
  }));
  const before = await knownDays(db, [...asked.values(), ...anonymousDays], startRevision);
  // A crawler stays one whatever it does next, so of its session, which may be long, only the new rankings are read.
  const isCrawler = (key: SessionDayKey) => STAYS.has(before.get(keyOf(key))?.fault ?? null);
  const [crawlers, others] = split([...asked.values()], isCrawler);
  const ofCrawlers = new Set(crawlers.map(keyOf));
  const statuses = new Map<EventStatus, number[]>();
  const flooded = new Set<string>();
  const days = await measureSessionDays(
    db,
    rules,
    {
      days: others,
      rankingIds: [
        ...anonymous,
        ...identified.filter(({ sessionId, at }) =>
          ofCrawlers.has(keyOf({ sessionId, day: floorToDay(at) })),
        ),
      ].map(({ rankingId }) => rankingId),
    },
    (rowid, status) => {
      const same = statuses.get(status);
      if (same === undefined) statuses.set(status, [rowid]);
      else same.push(rowid);
    },
    (rankingId) => flooded.add(rankingId),
  );
  const marked: MarkedRankings[] = [
    { rankingIds: closed.map(({ rankingId }) => rankingId), status: 'after_close' },
    ...(await markFlooded(db, [...flooded], mark, events)),
  ];
  const late = arrived.filter(({ at, rowid }) => at < closedBefore && rowid > knownTo);
  const judged = await applyDwellRule(db, rules, days, before, startRevision);
  const withoutConsent = anonymousDays
    .filter((key) => !before.has(keyOf(key)))
    .map(({ sessionId, day }): StoredDay => ({
      sessionId,
      day,
      firstAt: day,
      clickedItems: 0,
      dwells: 0,
      users: new Map(),
      fault: 'no_consent',
    }));
  return { late, statuses, marked, ...judged, days: [...judged.days, ...withoutConsent] };
}

/**
 * The events of a flooded ranking are marked page by page, as they come to the account. Those that came before it was
 * known to be flooded are marked with the page by which it is.
 */
async function markFlooded(
  db: LibSQLDatabase,
  flooded: readonly string[],
  mark: ClassifiedMark,
  events: readonly Seen[],
): Promise<MarkedRankings[]> {
  if (flooded.length === 0) return [];
  const status = 'too_many_events';
  const rows = await db.all<{ rankingId: string }>(sql`
    select r.value as rankingId from json_each(${JSON.stringify(flooded)}) r
    where exists (select 1 from events e where e.rankingId = r.value and e.fault = ${status})`);
  const known = new Set(rows.map(({ rankingId }) => rankingId));
  const after = mark.events?.rowid ?? 0;
  const to = events.at(-1)?.rowid ?? after;
  const [before, fresh] = split(flooded, (rankingId) => known.has(rankingId));
  return [
    { rankingIds: before, status, rows: { after, to } },
    { rankingIds: fresh, status, rows: { after: 0, to } },
  ];
}

type KnownDay = SessionDayKey &
  Pick<SessionDay, 'clickedItems' | 'dwells'> & {
    fault: SessionExclusionReason | null;
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

/** Dwell counts as logged on a day if most clicking sessions without another reason to be left out also dwelt; so a new session may change whether others count. */
async function applyDwellRule(
  db: LibSQLDatabase,
  { filters }: Rules,
  measured: readonly SessionDay[],
  before: ReadonlyMap<string, KnownDay>,
  startRevision: number,
): Promise<Pick<Found, 'days' | 'reclassified'>> {
  const most = filters.maxClicksWithoutDwell;
  if (most === null)
    return { days: measured.map((one) => ({ ...one, fault: one.ownFault })), reclassified: [] };
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
    fault: classifySession(one.facts, filters, logged.has(one.day)) ?? null,
  }));
  const fresh = new Set(measured.map(keyOf));
  const affected = await db.all<KnownDay>(sql`
    select sessionId, day, fault from session_days
    where day in (select value from json_each(${JSON.stringify([...counts.keys()])}))
      and revision > ${startRevision} and dwells = 0 and clickedItems >= ${Math.max(most, 1)}`);
  const reclassified = affected
    .filter((one) => !fresh.has(keyOf(one)))
    .map(({ sessionId, day, fault: was }) => {
      const fault: SessionExclusionReason | null = logged.has(day) ? 'clicks_without_dwell' : null;
      return { sessionId, day, fault, was };
    })
    .filter(({ fault, was }) => fault !== was);
  return { days, reclassified };
}

/** Each takes effect only where this backend moved the mark. */
function written(db: LibSQLDatabase, found: Found, mark: string): Statement[] {
  const { late, statuses, marked, days, reclassified } = found;
  const here = isAt(CLASSIFIED, mark);
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

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  const [first, second]: [T[], T[]] = [[], []];
  for (const one of all) (isFirst(one) ? first : second).push(one);
  return [first, second];
}
