import type { InValue } from '@libsql/client';
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
import { readJson } from '../../store/read-text.ts';
import { eventSlices, type EventSlice } from './event-slices.ts';
import { CORRECTED_BY } from './orders/corrected-by.ts';
import { MEASURED_PROPERTIES } from './read-properties.ts';
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
  const most = filters.maxEventsPerRanking;
  const classify = async (page: readonly Ranking[], add?: (one: ClassifiedRanking) => void) => {
    for await (const { rankings, flooded, feedback } of slicesOf(db, page, most)) {
      for (const ranking of rankings) {
        const isFlooded = flooded.has(ranking.rankingId);
        const events = isFlooded ? [] : (feedback.get(ranking.rankingId) ?? []);
        const statuses = classifyEvents(ranking, events, attributionMs, filters);
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

/** A number as JSON with all of its digits. */
const digits = (cell: string): string =>
  `case typeof(${cell}) when 'real' then json(printf('%!.17g', ${cell})) else ${cell} end`;

const RANKING_CELLS = `json_group_array(json_array(sessionId, ${digits('at')}, rankingId, userId, json_array_length(itemIds), itemIds))`;
type RankingCells = [
  sessionId: string,
  at: number,
  rankingId: string,
  userId: string | null,
  shown: number,
  itemIds: string,
];

/** A ranking whose item ids are only read where something happened with one: of most nothing did. */
class StoredRanking implements Ranking {
  readonly sessionId: string;
  readonly at: number;
  readonly rankingId: string;
  readonly userId: string | null;
  readonly shown: number;
  readonly #text: string;
  #itemIds: readonly string[] | undefined;

  constructor([sessionId, at, rankingId, userId, shown, text]: RankingCells) {
    this.sessionId = sessionId;
    this.at = at;
    this.rankingId = rankingId;
    this.userId = userId;
    this.shown = shown;
    this.#text = text;
  }

  get itemIds(): readonly string[] {
    return (this.#itemIds ??= JSON.parse(this.#text) as string[]);
  }
}

const RANKINGS_ON = `select ${RANKING_CELLS} from (
  select d.sessionId, d.at, d.rankingId, d.userId, d.itemIds
  from json_each(?) a cross join decisions d on d.sessionId = a.value ->> 0
    and d.at >= a.value ->> 1 and d.at < (a.value ->> 1) + ${DAY_MS}
  where (d.sessionId, d.at, d.rankingId) > (?, ?, ?)
    and d.rankingId not in (select rankingId from late_rankings)
  order by 1, 2, 3 limit ${PAGE})`;

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
    const { sessionId, at, rankingId } = after;
    const page = await read(db, RANKINGS_ON, [listed, sessionId, at, rankingId]);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = last(page);
  }
}

const RANKINGS_OF = `select ${RANKING_CELLS} from decisions
  where rankingId in (select value from json_each(?))`;

const rankingsOf = (db: LibSQLDatabase, ids: readonly string[]): Promise<Ranking[]> =>
  read(db, RANKINGS_OF, [JSON.stringify(ids)]);

async function read(db: LibSQLDatabase, text: string, args: InValue[]): Promise<Ranking[]> {
  const cells = await readJson<RankingCells[]>(db, text, args);
  return cells.map((one) => new StoredRanking(one)).toSorted((a, b) => a.at - b.at);
}

/** The last ranking in SQLite's order, which compares texts by their bytes, where JavaScript compares UTF-16. */
const last = (page: readonly Ranking[]): Ranking =>
  page.reduce((a, b) => {
    const order = bytes(a.sessionId, b.sessionId) || a.at - b.at || bytes(a.rankingId, b.rankingId);
    return order > 0 ? a : b;
  });

const bytes = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

interface FeedbackSlice extends EventSlice<Ranking> {
  /** Events by ranking. */
  readonly feedback: ReadonlyMap<string, readonly StoredEvent[]>;
}

/** Slices of rankings with their events: one where there are few, which are then read without being counted first. */
async function* slicesOf(
  db: LibSQLDatabase,
  page: readonly Ranking[],
  most: number,
): AsyncGenerator<FeedbackSlice> {
  const ids = page.map(({ rankingId }) => rankingId);
  const few = await fewEventsOf(db, ids);
  if (few !== undefined) {
    const flooded = [...few].flatMap(([rankingId, own]) => (own.length > most ? rankingId : []));
    yield { rankings: page, flooded: new Set(flooded), feedback: few };
    return;
  }
  for (const slice of await eventSlices(db, page, most)) {
    const bounded = slice.rankings.flatMap(({ rankingId }) =>
      slice.flooded.has(rankingId) ? [] : rankingId,
    );
    yield { ...slice, feedback: await eventsOf(db, bounded) };
  }
}

type EventCells = readonly [
  rowid: number,
  rankingId: string,
  eventId: string,
  type: string,
  itemId: string | null,
  value: number | null,
  properties: string | null,
  timestamp: number,
  receivedAt: number,
  fault: string | null,
  orderLine: string | null,
  correctedBy: number | null,
];

const EVENT_FIELDS = `e.rowid, e.rankingId, e.eventId, e.type, e.itemId, e.value,
  ${MEASURED_PROPERTIES} as properties, e.timestamp, e.receivedAt, e.fault, e.orderLine,
  ${CORRECTED_BY} as correctedBy`;
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
  'orderLine',
  'correctedBy',
];
const FEW = 1000;
const FEW_EVENTS = `select json_group_array(json_array(${EVENT_COLUMNS.map(digits).join(', ')}))
  from (select ${EVENT_FIELDS} from json_each(?) r cross join events e on e.rankingId = r.value
    limit ${FEW + 1})`;

/** @returns undefined where there are more than a few. */
async function fewEventsOf(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
): Promise<Map<string, StoredEvent[]> | undefined> {
  const cells = await readJson<EventCells[]>(db, FEW_EVENTS, [JSON.stringify(rankingIds)]);
  return cells.length > FEW ? undefined : byRanking(cells);
}

async function eventsOf(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
): Promise<Map<string, StoredEvent[]>> {
  const cells: EventCells[] = [];
  await packedRows(
    db,
    {
      columns: EVENT_COLUMNS,
      select: sql`select ${sql.raw(EVENT_FIELDS)}
        from json_each(${JSON.stringify(rankingIds)}) r cross join events e on e.rankingId = r.value`,
    },
    (row) => cells.push(row as unknown as EventCells),
  );
  return byRanking(cells);
}

function byRanking(cells: readonly EventCells[]): Map<string, StoredEvent[]> {
  const found = new Map<string, StoredEvent[]>();
  for (const [
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
    orderLine,
    correctedBy,
  ] of cells) {
    const event: StoredEvent = {
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
      orderLine,
      correctedBy,
    };
    const own = found.get(rankingId);
    if (own === undefined) found.set(rankingId, [event]);
    else own.push(event);
  }
  return found;
}
