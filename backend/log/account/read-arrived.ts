import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import { readJson } from '../../store/read-text.ts';
import { bytesOf, float64sOf } from '../../store/stored-bytes.ts';
import { floorToDay } from '../../../shared/domain/utc-day.ts';
import { judgeSessions, type Judged, type JudgedEvent } from './judge-sessions.ts';
import { CLASSIFIED, type Seen } from './mark.ts';
import { notShown } from './not-shown.ts';
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
  /** 1 where a slot was pinned; absent where none was. */
  readonly pinned?: Uint8Array;
  /** It was read before. */
  readonly isKnown: boolean;
  /** All that count of it or did when it was read before, in order of arrival. */
  readonly events: readonly ArrivedEvent[];
}

export interface ArrivedEvent {
  readonly itemId: string | null;
  readonly type: string;
  readonly value: number | null;
  /** It was read before, and so was its ranking, and it counted then. */
  readonly isKnown: boolean;
  /** It counts; else it did, and was corrected since. */
  readonly counts: boolean;
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
  /** Rankings of these placements are of other lineages, and teach nothing; default: none are. */
  readonly except?: readonly string[];
  /** Of those, also rankings of these times that were read before. */
  readonly spans: readonly Span[];
}

/**
 * How far there is something to read, at most a page of each table. @param ends the last rows of the log. @returns undefined where
 * rows are gone that a mark points behind.
 */
export async function arrivedTo(
  db: LibSQLDatabase,
  from: ReadTo,
  ends: ReadTo,
  most: { readonly decisions: number; readonly events: number },
): Promise<(ReadTo & { readonly isAll: boolean }) | undefined> {
  const reach = async (table: 'decisions' | 'events', key: SQL) => {
    const [end, seen] = [ends[table], from[table]?.rowid ?? 0];
    if (end === null || end.rowid - seen <= most[table]) return { seen: end, isAll: true };
    const [row] = await db.all<Seen>(sql`
      select rowid, ${key} as key from ${sql.identifier(table)}
      where rowid > ${seen} and rowid <= ${end.rowid}
      order by rowid limit 1 offset ${most[table] - 1}`);
    return row === undefined ? { seen: end, isAll: true } : { seen: row, isAll: false };
  };
  const isBehind = (table: 'decisions' | 'events') =>
    (ends[table]?.rowid ?? 0) < (from[table]?.rowid ?? 0);
  if (isBehind('decisions') || isBehind('events')) return undefined;
  const decisions = await reach('decisions', sql`rankingId`);
  const events = await reach('events', sql`eventId`);
  return {
    decisions: decisions.seen,
    events: events.seen,
    isAll: decisions.isAll && events.isAll,
  };
}

/** Whether rankings that teach by misses were made since a moment. */
export async function anyMisses(
  db: LibSQLDatabase,
  { version, features, misses }: Pick<ArrivedQuery, 'version' | 'features' | 'misses'>,
  sinceMs: number,
): Promise<boolean> {
  if (misses === 'all') return true;
  const [{ found }] = await db.all<{ found: number }>(sql`
    select exists (select 1 from decisions
      where weights = ${version} and at > ${sinceMs} and length(codes) = ${features}) as found`);
  return found === 1;
}

/** Rankings with what has come of each, and whether something counts of an event of any of their sessions. */
export interface Arrived {
  readonly rankings: readonly ArrivedRanking[];
  readonly judged: Judged;
  /** Whether one of them teaches by misses. */
  readonly hasMisses: boolean;
}

/** By a look at rankings of some times that were read before. */
const LOOK = `union select rankingId from decisions
  where weights = ? and not siteOrder and at > ? and at <= ? and (? or length(codes) = ?)`;

const arrivedSql = (looks: number, except: readonly string[]): string => `
  with touched as (
    select rankingId from decisions
    where rowid > ? and rowid <= ? and weights = ? and not siteOrder
      and (? or length(codes) = ? or exists (
        select 1 from events e where e.rankingId = decisions.rankingId and e.rowid <= ?))
    union select rankingId from events where rowid > ? and rowid <= ?
    ${LOOK.repeat(looks)}
  )
  select json_group_array(json_array(d.rankingId, d.rowid, d.at, d.sessionId, d.userId, json(d.itemIds),
    hex(d.propensities), hex(d.codes), hex(d.pinned)) order by d.rowid)
  from touched t cross join decisions d on d.rankingId = t.rankingId
  where d.weights = ? and not d.siteOrder and d.rowid <= ? and d.sessionId <> ?
    and coalesce(d.itemSource, '') <> 'browser' and not ${notShown('d', '?')}
    and d.sessionId not in (select subject from training_exclusions where kind = 'session' and liftedAt is null)
    and coalesce(d.userId, '') not in (select subject from training_exclusions where kind = 'user' and liftedAt is null)
    and d.at >= coalesce((select value ->> '$.closedBefore' from log_marks where name = ?), 0)
    and d.placement not in (${except.map(() => '?').join(', ')})`;

type ArrivedCells = [
  rankingId: string,
  rowid: number,
  at: number,
  sessionId: string,
  userId: string | null,
  itemIds: string[],
  propensities: string,
  codes: string,
  /** Empty where none was pinned. */
  pinned: string,
];

/**
 * Rankings of a version that count and are of people who agreed to be measured, in the order in which they came in. None that kept the
 * site's own order: no version chose it, and only trainings learn from it.
 */
export async function readArrived(
  db: LibSQLDatabase,
  { version, features, rules, from, to, misses, spans, except = [] }: ArrivedQuery,
  crawlers: Set<string>,
): Promise<Arrived> {
  const [knownTo, readTo] = [from.decisions?.rowid ?? 0, to.decisions?.rowid ?? 0];
  const [eventsFrom, eventsTo] = [from.events?.rowid ?? 0, to.events?.rowid ?? 0];
  const isMiss = [misses === 'all' ? 1 : 0, features];
  const cells = await readJson<ArrivedCells[]>(db, arrivedSql(spans.length, except), [
    knownTo,
    readTo,
    version,
    ...isMiss,
    eventsTo,
    eventsFrom,
    eventsTo,
    ...spans.flatMap((span) => [version, span.from, span.to, ...isMiss]),
    version,
    readTo,
    NO_SESSION,
    eventsTo,
    CLASSIFIED,
    ...except,
  ]);
  const rows = cells.map(
    ([rankingId, rowid, at, sessionId, userId, itemIds, propensities, codes, pinned]) => ({
      rankingId,
      rowid,
      at,
      sessionId,
      userId,
      itemIds,
      propensities: float64sOf(Buffer.from(propensities, 'hex')),
      codes: bytesOf(Buffer.from(codes, 'hex')),
      ...(pinned !== '' && { pinned: bytesOf(Buffer.from(pinned, 'hex')) }),
    }),
  );
  const keys = rows.map(({ sessionId, at }) => ({ sessionId, day: floorToDay(at) }));
  const judged = await judgeSessions(db, rules, { days: keys, rankingIds: [] }, crawlers);
  const rankings = rows.flatMap((row, i): ArrivedRanking[] => {
    if (judged.bots.has(keyOf(keys[i]))) return [];
    const isKnown = row.rowid <= knownTo;
    const events: ArrivedEvent[] = [];
    for (const one of judged.events.get(row.rankingId) ?? []) {
      const { itemId, type, value } = one;
      const counted = isKnown && countsAt(one, eventsFrom);
      const counts = countsAt(one, eventsTo);
      if (counts || counted) events.push({ itemId, type, value, isKnown: counted, counts });
    }
    return [{ ...row, isKnown, events }];
  });
  const hasMisses = misses === 'all' || rows.some(({ codes }) => codes.length === features);
  return { rankings, judged, hasMisses };
}

/** Whether an event counted when the log had come as far as to a row. */
const countsAt = ({ rowid, correctedBy }: JudgedEvent, row: number): boolean =>
  rowid <= row && (correctedBy === null || correctedBy > row);

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
  const idsOf = (person: 'sessionId' | 'userId') => [
    ...new Set(rankings.flatMap((one) => one[person] ?? [])),
  ];
  const sessions = idsOf('sessionId');
  if (sessions.length === 0) return found;
  const rows = await readJson<[kind: number, person: string, rankingId: string, rowid: number][]>(
    db,
    PERSONS,
    [JSON.stringify(sessions), version, JSON.stringify(idsOf('userId')), version],
  );
  const ids = new Set(rows.map(([, , rankingId]) => rankingId));
  const others = [...ids].filter((rankingId) => !judged.events.has(rankingId));
  const firsts = await firstsOf(db, rules, others, types);
  for (const [rankingId, events] of judged.events) {
    const first = events.find(({ type }) => types.includes(type));
    if (first !== undefined) firsts.set(rankingId, first.rowid);
  }
  const persons = Map.groupBy(rows, ([kind, person]) => `${kind} ${person}`);
  for (const own of persons.values()) {
    const order = new Map(
      own
        .flatMap(([, , rankingId]) => firsts.get(rankingId) ?? [])
        .toSorted((a, b) => a - b)
        .map((first, place) => [first, place]),
    );
    own.forEach(([, , rankingId], before) => {
      const other = found.get(rankingId);
      const first = firsts.get(rankingId);
      const rewarded = first === undefined ? undefined : order.get(first)!;
      found.set(rankingId, {
        before: Math.max(before, other?.before ?? 0),
        rewardedBefore:
          rewarded === undefined ? undefined : Math.max(rewarded, other?.rewardedBefore ?? 0),
      });
    });
  }
  return found;
}

/** Rankings of a version of some sessions and of some users, by person in order of arrival. */
const PERSONS = `
  select json_group_array(json_array(kind, person, rankingId, row) order by row) from (
    select 0 as kind, p.value as person, d.rankingId, d.rowid as row
    from json_each(?) p cross join decisions d on d.sessionId = p.value
    where d.weights = ? and not d.siteOrder
    union all
    select 1, p.value, d.rankingId, d.rowid
    from json_each(?) p cross join decisions d on d.userId = p.value
    where d.weights = ? and not d.siteOrder)`;

/** Row id of the first event of some types that counts, of rankings of other days and sessions. What the account has not judged of them yet is. */
async function firstsOf(
  db: LibSQLDatabase,
  rules: Rules,
  rankingIds: readonly string[],
  types: readonly string[],
): Promise<Map<string, number>> {
  const firsts = new Map<string, number>();
  if (rankingIds.length === 0) return firsts;
  const rows = await db.all<{ rankingId: string; first: number | null; isOpen: number }>(sql`
    select r.value as rankingId, (
      select min(e.rowid) from events e where e.rankingId = r.value and e.fault in ('', 'corrected')
        and e.type in (select value from json_each(${JSON.stringify(types)}))) as first, exists (
      select 1 from events e where e.rankingId = r.value and e.fault is null) as isOpen
    from json_each(${JSON.stringify(rankingIds)}) r`);
  const open = rows.flatMap(({ rankingId, isOpen }) => (isOpen === 1 ? rankingId : []));
  const { events } = await judgeSessions(db, rules, { days: [], rankingIds: open }, new Set());
  for (const { rankingId, first } of rows) {
    const own = events.get(rankingId)?.find(({ type }) => types.includes(type))?.rowid;
    const found = events.has(rankingId) ? own : (first ?? undefined);
    if (found !== undefined) firsts.set(rankingId, found);
  }
  return firsts;
}
