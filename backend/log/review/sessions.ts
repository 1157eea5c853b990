import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import { exclusionOf, isClassified, schemaList } from '../account/counted.ts';
import { isLeftOut } from '../account/left-out.ts';
import { notShown } from '../account/not-shown.ts';
import type { Span } from '../account/span.ts';
import type { Subject } from '../exclusions.ts';

/** A session as it was seen. */
export interface ReviewedSession {
  readonly sessionId: string;
  readonly userId: string | null;
  /** Oldest first; at most 20. */
  readonly rankings: readonly ReviewedRanking[];
  readonly more: number;
}

export interface ReviewedRanking {
  readonly rankingId: string;
  readonly at: number;
  readonly weights: string;
  readonly placement: string;
  /** How many items the pages above hold, where it is a further page of a list; null: it is a search of its own. */
  readonly pageOffset: number | null;
  /** What it asked for, as JSON. */
  readonly preferences: string | null;
  readonly itemIds: readonly string[];
  /** Why training does not read it: a reason of the account, `not_shown` or `left_out_by_hand`; null: it does. */
  readonly why: string | null;
  readonly events: readonly {
    readonly type: string;
    readonly itemId: string | null;
    readonly value: number | null;
    /** After the ranking, by the edge's clock. */
    readonly afterMs: number;
    /** Empty: it counts. */
    readonly fault: string;
  }[];
}

const MOST_RANKINGS = 20;

/**
 * Sessions of a span, or those of one subject. Those of a span are drawn at random by their rankings' seeds, so that a session with
 * many rankings is drawn more often: as often as training meets it.
 * @param draw another number draws others.
 */
export async function reviewSessions(
  db: LibSQLDatabase,
  { from, to }: Span,
  { most, draw, of }: { readonly most: number; readonly draw: number; readonly of?: Subject },
): Promise<ReviewedSession[]> {
  const within = sql`d.schemaHash in (${await schemaList(db)}) and d.at between ${from} and ${to}
    and d.sessionId <> ${NO_SESSION} and ${isClassified(sql`d`)}`;
  const chosen: SQL =
    of === undefined
      ? sql`select d.sessionId from decisions d where ${within}
          group by 1 order by min((d.seed + ${draw}) * 2654435761 % 4294967296) limit ${most}`
      : sql`select distinct d.sessionId from decisions d where ${within}
          and ${of.kind === 'user' ? sql`d.userId` : sql`d.sessionId`} = ${of.subject} limit ${most}`;
  const rows = await db.all<{
    sessionId: string;
    userId: string | null;
    rankingId: string;
    at: number;
    weights: string;
    placement: string;
    pageOffset: number | null;
    preferences: string | null;
    itemIds: string;
    why: string | null;
    events: string;
    nth: number;
    rankings: number;
  }>(sql`
    select * from (
      select d.sessionId, d.userId, d.rankingId, d.at, d.weights, d.placement, d.pageOffset, d.itemIds,
        case when json_valid(d.request) then d.request -> '$.preferences' end as preferences,
        coalesce(${exclusionOf(sql`d`)}, case when ${isLeftOut(sql`d`)} then 'left_out_by_hand'
          when ${sql.raw(notShown('d'))} then 'not_shown' when d.itemSource = 'browser' then 'untrusted_items' end) as why,
        (select json_group_array(json_object('type', e.type, 'itemId', e.itemId, 'value', e.value,
            'afterMs', e.receivedAt - d.at, 'fault', coalesce(e.fault, '')) order by e.receivedAt)
          from (select * from events e where e.rankingId = d.rankingId order by e.receivedAt limit 50) e) as events,
        row_number() over (partition by d.sessionId order by d.at, d.rankingId) as nth,
        count(*) over (partition by d.sessionId) as rankings
      from decisions d where ${within} and d.sessionId in (${chosen}))
    where nth <= ${MOST_RANKINGS} order by sessionId, nth`);
  return [...Map.groupBy(rows, ({ sessionId }) => sessionId)].map(([sessionId, own]) => ({
    sessionId,
    userId: own.find(({ userId }) => userId !== null)?.userId ?? null,
    more: own[0].rankings - own.length,
    rankings: own.map(
      ({ rankingId, at, weights, placement, pageOffset, preferences, why, itemIds, events }) => ({
        rankingId,
        at,
        weights,
        placement,
        pageOffset,
        preferences,
        why,
        itemIds: JSON.parse(itemIds) as string[],
        events: JSON.parse(events) as ReviewedRanking['events'],
      }),
    ),
  }));
}
