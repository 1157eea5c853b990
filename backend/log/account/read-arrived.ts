import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import { bytesOf, float64sOf } from '../../store/stored-bytes.ts';
import { rankingCounts } from './counted.ts';
import { CLASSIFIED, readMark, type ClassifiedMark, type Seen } from './mark.ts';
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
  readonly from: ReadTo;
  readonly to: ReadTo;
  /** Rankings with nothing yet teach as well: those with one item, or all of them. */
  readonly misses: 'of one item' | 'all';
  /** Of those, also rankings of these times that were read before. */
  readonly spans: readonly Span[];
}

/**
 * How far the account has come, which is how far may be read, and what lies between. @returns undefined before it has begun, and
 * where it began again and has not come as far as before: what was read once would be read twice.
 */
export async function arrivedTo(
  db: LibSQLDatabase,
  from: ReadTo | undefined,
  most: { readonly decisions: number; readonly events: number },
): Promise<(ReadTo & { readonly isAll: boolean }) | undefined> {
  const { mark } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  const isBehind = (table: 'decisions' | 'events') =>
    (mark?.[table]?.rowid ?? 0) < (from?.[table]?.rowid ?? 0);
  if (mark === undefined || isBehind('decisions') || isBehind('events')) return undefined;
  const reach = async (table: 'decisions' | 'events', key: SQL) => {
    const [seen, end] = [from?.[table] ?? null, mark[table]];
    if (from === undefined || end === null || end.rowid - (seen?.rowid ?? 0) <= most[table])
      return { seen: end, isAll: true };
    const [row] = await db.all<Seen>(sql`
      select rowid, ${key} as key from ${sql.identifier(table)}
      where rowid > ${seen?.rowid ?? 0} and rowid <= ${end.rowid}
      order by rowid limit 1 offset ${most[table] - 1}`);
    return row === undefined ? { seen: end, isAll: true } : { seen: row, isAll: false };
  };
  const decisions = await reach('decisions', sql`rankingId`);
  const events = await reach('events', sql`eventId`);
  return {
    decisions: decisions.seen,
    events: events.seen,
    isAll: decisions.isAll && events.isAll,
  };
}

/**
 * Rankings of a version that count and are of people who agreed to be measured, in the order in which they came in. None that kept the
 * site's own order: no version chose it, and only trainings learn from it.
 */
export async function readArrived(
  db: LibSQLDatabase,
  { version, features, from, to, misses, spans }: ArrivedQuery,
): Promise<ArrivedRanking[]> {
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
    events: string | null;
  }>(sql`
    with touched as (
      select rankingId from decisions
      where rowid > ${knownTo} and rowid <= ${readTo} and weights = ${version} and not siteOrder
        and (${isMiss} or exists (
          select 1 from events e where e.rankingId = decisions.rankingId and e.fault = ''))
      union select rankingId from events
      where rowid > ${eventsFrom} and rowid <= ${eventsTo} and fault = ''
      ${sql.join(older, sql` `)}
    )
    select d.rankingId, d.rowid, d.at, d.sessionId, d.userId, d.itemIds, d.propensities, d.codes, (
      select json_group_array(json_array(e.itemId, e.type, e.value, e.rowid <= ${eventsFrom}) order by e.rowid)
      from events e where e.rankingId = d.rankingId and e.fault = '' and e.rowid <= ${eventsTo}) as events
    from touched t cross join decisions d on d.rankingId = t.rankingId
    where d.weights = ${version} and not d.siteOrder and d.rowid <= ${readTo} and d.sessionId <> ${NO_SESSION}
      and coalesce(d.itemSource, '') <> 'browser' and ${rankingCounts(sql`d`)}
    order by d.rowid`);
  return rows.map(({ itemIds, propensities, codes, events, ...row }) => {
    const isKnown = row.rowid <= knownTo;
    return {
      ...row,
      itemIds: JSON.parse(itemIds) as string[],
      propensities: float64sOf(propensities),
      codes: bytesOf(codes),
      isKnown,
      events: (JSON.parse(events ?? '[]') as [string | null, string, number | null, number][]).map(
        ([itemId, type, value, known]) => ({
          itemId,
          type,
          value,
          isKnown: isKnown && known === 1,
        }),
      ),
    };
  });
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
  version: string,
  rankings: readonly Pick<ArrivedRanking, 'rankingId' | 'sessionId' | 'userId'>[],
  types: readonly string[],
): Promise<ReadonlyMap<string, PersonsRankings>> {
  const found = new Map<string, PersonsRankings>();
  for (const person of ['sessionId', 'userId'] as const) {
    const persons = [...new Set(rankings.flatMap((one) => one[person] ?? []))];
    if (persons.length === 0) continue;
    const rows = await db.all<{ rankingId: string; person: string; first: number | null }>(sql`
      select d.rankingId, d.${sql.identifier(person)} as person, (
        select min(e.rowid) from events e where e.rankingId = d.rankingId and e.fault = ''
          and e.type in (select value from json_each(${JSON.stringify(types)}))) as first
      from json_each(${JSON.stringify(persons)}) p
      cross join decisions d on d.${sql.identifier(person)} = p.value
      where d.weights = ${version} and not d.siteOrder order by d.rowid`);
    for (const own of Map.groupBy(rows, (row) => row.person).values()) {
      const firsts = own.flatMap(({ first }) => first ?? []).toSorted((a, b) => a - b);
      const order = new Map(firsts.map((first, place) => [first, place]));
      own.forEach(({ rankingId, first }, before) => {
        const other = found.get(rankingId);
        const rewarded = first === null ? undefined : order.get(first)!;
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
