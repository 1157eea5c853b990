import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import { bytesOf, float64sOf } from '../../store/stored-bytes.ts';
import { floorToDay } from '../../../shared/domain/utc-day.ts';
import { judgeSessions, type Judged, type JudgedEvent } from './judge-sessions.ts';
import { CLASSIFIED, type Seen } from './mark.ts';
import type { Rules } from './rules.ts';
import { keyOf } from './session-day.ts';
import type { Span } from './span.ts';

/** How far the log was read: the last row of each table. */
export interface ReadTo {
  readonly decisions: Seen | null;
  readonly events: Seen | null;
}

/** A ranking that something has become known of, or that is old enough for what has not come of it to say more. */
export interface ArrivedRanking {
  readonly rankingId: string;
  readonly rowid: number;
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly itemIds: readonly string[];
  readonly propensities: Float64Array;
  readonly codes: Uint8Array;
  /** It was read before. */
  readonly isKnown: boolean;
  /** All that count of it, in order of arrival. */
  readonly events: readonly ArrivedEvent[];
}

export interface ArrivedEvent {
  readonly itemId: string | null;
  readonly type: string;
  readonly value: number | null;
  /** It was read before, and so was its ranking. */
  readonly isKnown: boolean;
}

export interface ArrivedQuery {
  /** What served them, and how many features its codes have. */
  readonly version: string;
  readonly features: number;
  /** By which it is judged what counts. */
  readonly rules: Rules;
  readonly from: ReadTo;
  readonly to: ReadTo;
  /** Rankings with nothing yet teach as well: those with one item, or all of them. */
  readonly misses: 'of one item' | 'all';
  /** Of those, also rankings of these times that were read before. */
  readonly spans: readonly Span[];
}

/** How far there is something to read, at most a page of each table. @returns undefined where rows are gone that a mark points behind. */
export async function arrivedTo(
  db: LibSQLDatabase,
  from: ReadTo | undefined,
  most: { readonly decisions: number; readonly events: number },
): Promise<(ReadTo & { readonly isAll: boolean }) | undefined> {
  const rows = await db.all<Seen & { readonly isEvent: number }>(sql`
    select * from (select rowid, rankingId as key, 0 as isEvent from decisions order by rowid desc limit 1)
    union all select * from (select rowid, eventId as key, 1 as isEvent from events order by rowid desc limit 1)`);
  const ends = [0, 1].map((isEvent) => {
    const row = rows.find((one) => one.isEvent === isEvent);
    return row === undefined ? null : { rowid: row.rowid, key: row.key };
  });
  const reach = async (end: Seen | null, table: 'decisions' | 'events', key: SQL) => {
    const seen = from?.[table]?.rowid ?? 0;
    if (from === undefined || end === null || end.rowid - seen <= most[table])
      return { seen: end, isAll: true };
    const [row] = await db.all<Seen>(sql`
      select rowid, ${key} as key from ${sql.identifier(table)}
      where rowid > ${seen} and rowid <= ${end.rowid}
      order by rowid limit 1 offset ${most[table] - 1}`);
    return row === undefined ? { seen: end, isAll: true } : { seen: row, isAll: false };
  };
  const isBehind = (end: Seen | null, seen: Seen | null | undefined) =>
    (end?.rowid ?? 0) < (seen?.rowid ?? 0);
  if (isBehind(ends[0], from?.decisions) || isBehind(ends[1], from?.events)) return undefined;
  const decisions = await reach(ends[0], 'decisions', sql`rankingId`);
  const events = await reach(ends[1], 'events', sql`eventId`);
  return {
    decisions: decisions.seen,
    events: events.seen,
    isAll: decisions.isAll && events.isAll,
  };
}

/** Rankings with what has come of each, and whether something counts of an event of any of their sessions. */
export interface Arrived {
  readonly rankings: readonly ArrivedRanking[];
  readonly judged: Judged;
}

/**
 * Rankings of a version that count and are of people who agreed to be measured, in the order in which they came in. None that kept the
 * site's own order: no version chose it, and only trainings learn from it.
 */
export async function readArrived(
  db: LibSQLDatabase,
  { version, features, rules, from, to, misses, spans }: ArrivedQuery,
  crawlers: Set<string>,
): Promise<Arrived> {
  const [knownTo, readTo] = [from.decisions?.rowid ?? 0, to.decisions?.rowid ?? 0];
  const [eventsFrom, eventsTo] = [from.events?.rowid ?? 0, to.events?.rowid ?? 0];
  const isMiss = misses === 'all' ? sql`true` : sql`length(codes) = ${features}`;
  const older = spans.map(
    (span) => sql`union select rankingId from decisions
      where weights = ${version} and not siteOrder and at > ${span.from} and at <= ${span.to} and ${isMiss}`,
  );
  const rows = await db.all<{
    rankingId: string;
    rowid: number;
    at: number;
    sessionId: string;
    userId: string | null;
    itemIds: string;
    propensities: ArrayBuffer;
    codes: ArrayBuffer;
  }>(sql`
    with touched as (
      select rankingId from decisions
      where rowid > ${knownTo} and rowid <= ${readTo} and weights = ${version} and not siteOrder
        and (${isMiss} or exists (
          select 1 from events e where e.rankingId = decisions.rankingId and e.rowid <= ${eventsTo}))
      union select rankingId from events where rowid > ${eventsFrom} and rowid <= ${eventsTo}
      ${sql.join(older, sql` `)}
    )
    select d.rankingId, d.rowid, d.at, d.sessionId, d.userId, d.itemIds, d.propensities, d.codes
    from touched t cross join decisions d on d.rankingId = t.rankingId
    where d.weights = ${version} and not d.siteOrder and d.rowid <= ${readTo} and d.sessionId <> ${NO_SESSION}
      and coalesce(d.itemSource, '') <> 'browser'
      and d.at >= coalesce((select value ->> '$.closedBefore' from log_marks where name = ${CLASSIFIED}), 0)
    order by d.rowid`);
  const keys = rows.map(({ sessionId, at }) => ({ sessionId, day: floorToDay(at) }));
  const judged = await judgeSessions(db, rules, { days: keys, rankingIds: [] }, crawlers);
  const rankings = rows.flatMap(({ itemIds, propensities, codes, ...row }, i): ArrivedRanking[] => {
    if (judged.bots.has(keyOf(keys[i]))) return [];
    const isKnown = row.rowid <= knownTo;
    const own = judged.events.get(row.rankingId) ?? [];
    return [
      {
        ...row,
        itemIds: JSON.parse(itemIds) as string[],
        propensities: float64sOf(propensities),
        codes: bytesOf(codes),
        isKnown,
        events: own
          .filter(({ rowid }) => rowid <= eventsTo)
          .map(({ rowid, ...event }) => ({ ...event, isKnown: isKnown && rowid <= eventsFrom })),
      },
    ];
  });
  return { rankings, judged };
}

/** Of a ranking how many of its person came before it. */
export interface PersonsRankings {
  /** Rankings of the same session, and of the same user, that came in before: the larger number. */
  readonly before: number;
  /** Those of them that had something rewarding before this one had; undefined where this one has nothing. */
  readonly rewardedBefore: number | undefined;
}

/**
 * How much the persons of some rankings had already, so that what one of them weighs can be limited. It is counted by order of arrival,
 * so that what comes later never changes it. @param types of events that are rewarded.
 */
export async function personsRankings(
  db: LibSQLDatabase,
  { version, rules }: Pick<ArrivedQuery, 'version' | 'rules'>,
  { rankings, judged }: Arrived,
  types: readonly string[],
): Promise<ReadonlyMap<string, PersonsRankings>> {
  const found = new Map<string, PersonsRankings>();
  for (const person of ['sessionId', 'userId'] as const) {
    const persons = [...new Set(rankings.flatMap((one) => one[person] ?? []))];
    if (persons.length === 0) continue;
    const rows = await db.all<{
      rankingId: string;
      person: string;
      first: number | null;
      isOpen: number;
    }>(sql`
      select d.rankingId, d.${sql.identifier(person)} as person, (
        select min(e.rowid) from events e where e.rankingId = d.rankingId and e.fault = ''
          and e.type in (select value from json_each(${JSON.stringify(types)}))) as first, exists (
        select 1 from events e where e.rankingId = d.rankingId and e.fault is null) as isOpen
      from json_each(${JSON.stringify(persons)}) p
      cross join decisions d on d.${sql.identifier(person)} = p.value
      where d.weights = ${version} and not d.siteOrder order by d.rowid`);
    // Of rankings of other days and sessions the account has not yet judged all.
    const open = rows.flatMap(({ rankingId, isOpen }) =>
      isOpen === 1 && !judged.events.has(rankingId) ? rankingId : [],
    );
    const others =
      open.length === 0
        ? new Map()
        : (await judgeSessions(db, rules, { days: [], rankingIds: open }, new Set())).events;
    const firstOf = ({ rankingId, first }: { rankingId: string; first: number | null }) => {
      const own: readonly JudgedEvent[] | undefined =
        judged.events.get(rankingId) ?? others.get(rankingId);
      return own === undefined
        ? first
        : (own.find(({ type }) => types.includes(type))?.rowid ?? null);
    };
    for (const own of Map.groupBy(rows, (row) => row.person).values()) {
      const first = own.map(firstOf);
      const firsts = first.flatMap((one) => one ?? []).toSorted((a, b) => a - b);
      const order = new Map(firsts.map((one, place) => [one, place]));
      own.forEach(({ rankingId }, before) => {
        const other = found.get(rankingId);
        const rewarded = first[before] === null ? undefined : order.get(first[before])!;
        found.set(rankingId, {
          before: Math.max(before, other?.before ?? 0),
          rewardedBefore:
            rewarded === undefined ? undefined : Math.max(rewarded, other?.rewardedBefore ?? 0),
        });
      });
    }
  }
  return found;
}
