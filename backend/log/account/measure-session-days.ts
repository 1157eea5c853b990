import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import { packedRows } from '../../store/packed-rows.ts';
import {
  classifyEvents,
  type EventStatus,
  type LoggedEvent,
  type ShownRanking,
} from './classify-events.ts';
import {
  addRanking,
  classifySession,
  sessionFacts,
  type SessionFacts,
} from './classify-session.ts';
import { eventSlices } from './event-slices.ts';
import { measuredProperties } from './read-properties.ts';
import type { Rules } from './rules.ts';
import { keyOf, type SessionDay, type SessionDayKey } from './session-day.ts';

interface Ranking extends ShownRanking {
  readonly sessionId: string;
  readonly rankingId: string;
  readonly userId: string | null;
}

type StoredEvent = LoggedEvent & {
  readonly rowid: number;
  readonly rankingId: string;
  readonly fault: string | null;
};

/** A ranking whose events were classified. */
export interface ClassifiedRanking {
  readonly ranking: Ranking;
  /** None of one of which there are too many events to read. */
  readonly events: readonly StoredEvent[];
  /** Of each event. */
  readonly statuses: readonly EventStatus[];
  readonly isFlooded: boolean;
}

const DAYS_AT_ONCE = 500;
const PAGE = 4000;

/**
 * Classifies every event of the rankings that sessions were shown on some days, and adds up what each session did on each
 * day. One page of rankings and one slice of their events are in memory at a time.
 * @param asked the days, and rankings of which only the events are classified. @param seen is called with each ranking.
 */
export async function measureSessionDays(
  db: LibSQLDatabase,
  rules: Rules,
  asked: { readonly days: readonly SessionDayKey[]; readonly rankingIds: readonly string[] },
  seen: (classified: ClassifiedRanking) => void,
): Promise<SessionDay[]> {
  const { filters } = rules;
  const attributionMs = rules.attributionDays * DAY_MS;
  const classify = async (page: readonly Ranking[], add?: (one: ClassifiedRanking) => void) => {
    for (const slice of await eventSlices(db, page, filters.maxEventsPerRanking)) {
      const feedback = await eventsOf(
        db,
        slice.rankings.flatMap(({ rankingId }) => (slice.flooded.has(rankingId) ? [] : rankingId)),
      );
      for (const ranking of slice.rankings) {
        const events = feedback.get(ranking.rankingId) ?? [];
        const statuses = classifyEvents(ranking, events, attributionMs, filters);
        const isFlooded = slice.flooded.has(ranking.rankingId);
        const classified = { ranking, events, statuses, isFlooded };
        seen(classified);
        add?.(classified);
      }
    }
  };
  for (let from = 0; from < asked.rankingIds.length; from += PAGE)
    await classify(await rankingsOf(db, asked.rankingIds.slice(from, from + PAGE)));
  const days = new Map<
    string,
    {
      day: number;
      firstAt: number;
      users: Map<string, number>;
      sessionId: string;
      facts: SessionFacts;
    }
  >();
  const add = ({ ranking, events, statuses, isFlooded }: ClassifiedRanking) => {
    const { sessionId, userId, at } = ranking;
    const day = floorToDay(at);
    const key = keyOf({ sessionId, day });
    let one = days.get(key);
    if (one === undefined) {
      one = { sessionId, day, firstAt: at, users: new Map(), facts: sessionFacts() };
      days.set(key, one);
    }
    if (userId !== null && !one.users.has(userId)) one.users.set(userId, at);
    addRanking(one.facts, ranking, events, statuses, filters);
    if (isFlooded) one.facts.isFlooding = true;
  };
  for (let from = 0; from < asked.days.length; from += DAYS_AT_ONCE)
    for await (const page of rankingsOn(db, asked.days.slice(from, from + DAYS_AT_ONCE)))
      await classify(page, add);
  return [...days.values()].map((one) => {
    const ownFault = classifySession(one.facts, filters, false) ?? null;
    const { clickedItems, dwells } = ownFault === null ? one.facts : { clickedItems: 0, dwells: 0 };
    return { ...one, ownFault, clickedItems, dwells };
  });
}

const COLUMNS = ['sessionId', 'at', 'rankingId', 'userId', 'itemIds'];

/** Rankings of sessions on days, by session and time, without those that came in after their day was closed. */
async function* rankingsOn(
  db: LibSQLDatabase,
  days: readonly SessionDayKey[],
): AsyncGenerator<Ranking[]> {
  const listed = JSON.stringify(days.map(({ sessionId, day }) => [sessionId, day]));
  let after: Pick<Ranking, 'sessionId' | 'at' | 'rankingId'> = {
    sessionId: '',
    at: -1,
    rankingId: '',
  };
  for (;;) {
    const page = await read(
      db,
      sql`select d.sessionId, d.at, d.rankingId, d.userId, d.itemIds
        from json_each(${listed}) a cross join decisions d on d.sessionId = a.value ->> 0
          and d.at >= a.value ->> 1 and d.at < (a.value ->> 1) + ${DAY_MS}
        where (d.sessionId, d.at, d.rankingId) > (${after.sessionId}, ${after.at}, ${after.rankingId})
          and d.rankingId not in (select rankingId from late_rankings)
        order by 1, 2, 3 limit ${PAGE}`,
    );
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = last(page);
  }
}

const rankingsOf = (db: LibSQLDatabase, ids: readonly string[]): Promise<Ranking[]> =>
  read(
    db,
    sql`select sessionId, at, rankingId, userId, itemIds from decisions
      where rankingId in (select value from json_each(${JSON.stringify(ids)}))`,
  );

async function read(db: LibSQLDatabase, select: ReturnType<typeof sql>): Promise<Ranking[]> {
  const rankings: Ranking[] = [];
  await packedRows(
    db,
    { columns: COLUMNS, select },
    ([sessionId, at, rankingId, userId, itemIds]) =>
      rankings.push({
        sessionId: sessionId as string,
        at: at as number,
        rankingId: rankingId as string,
        userId: userId as string | null,
        itemIds: JSON.parse(itemIds as string) as string[],
      }),
  );
  return rankings.toSorted((a, b) => a.at - b.at);
}

/** The last ranking in SQLite's order, which compares texts by their bytes, where JavaScript compares UTF-16. */
const last = (page: readonly Ranking[]): Ranking =>
  page.reduce((a, b) => {
    const order = bytes(a.sessionId, b.sessionId) || a.at - b.at || bytes(a.rankingId, b.rankingId);
    return order > 0 ? a : b;
  });

const bytes = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

const EVENT_COLUMNS = [
  'rowid',
  'rankingId',
  'eventId',
  'type',
  'itemId',
  'value',
  'properties',
  'timestamp',
  'receivedAt',
  'fault',
];

async function eventsOf(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
): Promise<Map<string, StoredEvent[]>> {
  const found = new Map<string, StoredEvent[]>();
  await packedRows(
    db,
    {
      columns: EVENT_COLUMNS,
      select: sql`select e.rowid, e.rankingId, e.eventId, e.type, e.itemId, e.value,
          ${measuredProperties} as properties,
          e.timestamp, e.receivedAt, e.fault
        from json_each(${JSON.stringify(rankingIds)}) r cross join events e on e.rankingId = r.value`,
    },
    ([
      rowid,
      rankingId,
      eventId,
      type,
      itemId,
      value,
      properties,
      timestamp,
      receivedAt,
      fault,
    ]) => {
      const event: StoredEvent = {
        rowid: rowid as number,
        rankingId: rankingId as string,
        eventId: eventId as string,
        type: type as string,
        itemId: itemId as string | null,
        value: value as number | null,
        properties: properties as string | null,
        timestamp: timestamp as number,
        receivedAt: receivedAt as number,
        fault: fault as string | null,
      };
      const own = found.get(event.rankingId);
      if (own === undefined) found.set(event.rankingId, [event]);
      else own.push(event);
    },
  );
  return found;
}
