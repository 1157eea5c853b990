import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import { floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Store } from '../../store/open.ts';
import type { EventStatus } from './classify-events.ts';
import { STAYS } from './classify-session.ts';
import { applyDwellRule } from './dwell-rule.ts';
import { knownDays } from './known-days.ts';
import {
  isStillThere,
  CLASSIFIED,
  markText,
  moveMark,
  readMark,
  rowsAfter,
  type ClassifiedMark,
  type Seen,
} from './mark.ts';
import { measureSessionDays } from './measure-session-days.ts';
import { accountVersion, type Rules } from './rules.ts';
import { restartAccount } from './restart-account.ts';
import { keyOf, type SessionDayKey } from './session-day.ts';
import {
  storeClassified,
  type ClassifiedPage,
  type MarkedRankings,
  type StoredDay,
} from './store-classified.ts';

const PAGE = { decisions: 2000, events: 10_000 };

interface NewRanking {
  readonly rankingId: string;
  readonly sessionId: string;
  readonly at: number;
}

interface NewEvent {
  readonly rankingId: string;
  readonly receivedAt: number;
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
    const events = await rowsAfter<NewEvent>(
      db,
      'events',
      mark.events,
      sql`rankingId, receivedAt`,
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
    await store.write([moveMark(CLASSIFIED, text, next), ...storeClassified(db, found, next)]);
  }
}

async function classify(
  db: LibSQLDatabase,
  rules: Rules,
  mark: ClassifiedMark,
  arrived: readonly (NewRanking & Seen)[],
  events: readonly (NewEvent & Seen)[],
): Promise<ClassifiedPage> {
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
    ({ ranking, events: own, statuses: now, isFlooded }) => {
      if (isFlooded) flooded.add(ranking.rankingId);
      for (const [i, { rowid, fault }] of own.entries()) {
        if (fault === now[i]) continue;
        const same = statuses.get(now[i]);
        if (same === undefined) statuses.set(now[i], [rowid]);
        else same.push(rowid);
      }
    },
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
  const changed = [
    ...open.map(({ at }) => floorToDay(at)),
    ...events.map(({ receivedAt }) => floorToDay(receivedAt)),
    ...(await daysOfEarlierEvents(db, arrived, mark.events)),
  ];
  return {
    late,
    statuses,
    marked,
    ...judged,
    days: [...judged.days, ...withoutConsent],
    changedDays: new Set(changed.filter((day) => day >= closedBefore)),
  };
}

/** Days on which feedback came in that joins a ranking only now: a day's facts count what joins one. */
async function daysOfEarlierEvents(
  db: LibSQLDatabase,
  arrived: readonly NewRanking[],
  seen: Seen | null,
): Promise<number[]> {
  if (arrived.length === 0 || seen === null) return [];
  const ids = JSON.stringify(arrived.map(({ rankingId }) => rankingId));
  const rows = await db.all<{ receivedAt: number }>(sql`
    select e.receivedAt from json_each(${ids}) r cross join events e on e.rankingId = r.value
    where e.rowid <= ${seen.rowid}`);
  return rows.map(({ receivedAt }) => floorToDay(receivedAt));
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

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  const [first, second]: [T[], T[]] = [[], []];
  for (const one of all) (isFirst(one) ? first : second).push(one);
  return [first, second];
}
