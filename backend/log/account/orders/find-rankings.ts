import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { saidIds } from './corrected-by.ts';
import type { OrderCredit } from './order.ts';

interface Row {
  readonly orderId: string;
  readonly by: OrderCredit['by'];
  readonly ranking: string;
  readonly item: string;
  /** When it was booked, epoch ms. */
  readonly at: number;
  /** Null: its ranking is not stored. */
  readonly rankedAt: number | null;
  readonly isShown: number | null;
}

/** What a person does with an item before they book it. */
const TOUCHES = sql`('click', 'dwell', 'save', 'contact', 'booking_start', 'booking')`;

/** Who knows best comes first. */
const ORDER: readonly OrderCredit['by'][] = ['order', 'ranking', 'user', 'session'];

/**
 * Which ranking each order came of: that of the page's own booking of the same order, as whoever books in a page can name any order unless the
 * site's server names another ranking or user for it; else the ranking that a booking names with its item; else, of the rankings that showed the item to the named user, or in the named session, at most `windowMs` before it was booked,
 * the one in which the person touched the item last, or, where they never did, the last one. Only what books an order says where it
 * came from: a refund or a cancellation waits for that.
 * @param skewMs by how much the clock of the site's system may be behind the edge's.
 * @returns of each order its credit, or why it has none.
 */
export async function findRankings(
  db: LibSQLDatabase,
  orderIds: readonly string[],
  { windowMs, skewMs, from }: { windowMs: number; skewMs: number; from: number },
): Promise<ReadonlyMap<string, OrderCredit | string>> {
  const asked = sql`(select value as orderId from json_each(${JSON.stringify(orderIds)}))`;
  const shownIn = (row: SQL, item: SQL) =>
    sql`exists (select 1 from json_each(${row}.itemIds) i where i.value = ${item})`;
  const lastShown = (column: 'userId' | 'sessionId') => sql`(
    select rankingId from (
      select d.rankingId, d.at, (
        select max(e.receivedAt) from events e
        where e.rankingId = d.rankingId and e.itemId = l.itemId and e.type in ${TOUCHES}
          and coalesce(e.fault, '') in ('', 'corrected') and e.receivedAt <= l.at + ${skewMs}) as touchedAt
      from decisions d
      where d.${sql.identifier(column)} = l.${sql.identifier(column)} and d.at >= ${from}
        and d.at between l.at - ${windowMs} and l.at + ${skewMs} and ${shownIn(sql`d`, sql`l.itemId`)}
        and d.rankingId not in (select rankingId from late_rankings))
    order by touchedAt desc nulls last, at desc, rankingId desc limit 1)`;
  const rows = await db.all<Row>(sql`
    with bookings as materialized (
      select l.* from ${asked} a cross join order_lines l on l.orderId = a.orderId where l.kind = 'booking'
    ),
    found(orderId, "by", ranking, item, at) as (
      select a.orderId, 'order', e.rankingId, e.itemId, e.receivedAt
        from ${saidIds(asked)} a cross join events e on (e.properties ->> '$.orderId') = a.said
          and e.type = 'booking' and json_valid(e.properties)
        where e.orderLine is null and e.itemId is not null and coalesce(e.fault, '') in ('', 'corrected')
          and not exists (select 1 from bookings l where l.orderId = a.orderId
            and (l.rankingId <> e.rankingId or l.userId <> e.userId))
      union all
      select l.orderId, 'ranking', l.rankingId, l.itemId, l.at from bookings l
        where l.rankingId is not null and l.itemId is not null
      union all
      select l.orderId, 'user', ${lastShown('userId')}, l.itemId, l.at from bookings l
        where l.rankingId is null and l.userId is not null and l.itemId is not null
      union all
      select l.orderId, 'session', ${lastShown('sessionId')}, l.itemId, l.at from bookings l
        where l.rankingId is null and l.sessionId is not null and l.itemId is not null
    )
    select f.orderId, f."by", f.ranking, f.item, f.at, d.at as rankedAt, ${shownIn(sql`d`, sql`f.item`)} as isShown
    from found f left join decisions d on d.rankingId = f.ranking and d.at >= ${from}
    order by f.at`);
  const found = new Map<string, OrderCredit | string>();
  const ofOrder = Map.groupBy(rows, ({ orderId }) => orderId);
  for (const orderId of orderIds) {
    const own = (ofOrder.get(orderId) ?? []).toSorted(
      (a, b) => ORDER.indexOf(a.by) - ORDER.indexOf(b.by),
    );
    const problems: string[] = [];
    let credit: OrderCredit | undefined;
    for (const row of own) {
      const problem = problemOf(row, windowMs, skewMs);
      if (problem === undefined) {
        credit = creditOf(row);
        break;
      }
      problems.push(problem);
    }
    found.set(orderId, credit ?? problems[0] ?? 'nothing_says_where_from');
  }
  return found;
}

const creditOf = ({ by, ranking, item, at, rankedAt }: Row): OrderCredit => ({
  by,
  rankingId: ranking,
  itemId: item,
  rankedAt: rankedAt!,
  bookedAt: Math.max(at, rankedAt!),
});

function problemOf(
  { by, ranking, rankedAt, isShown, at }: Row,
  windowMs: number,
  skewMs: number,
): string | undefined {
  if (ranking === null) return by === 'user' ? 'not_shown_to_user' : 'not_shown_in_session';
  if (rankedAt === null) return 'ranking_not_stored';
  if (isShown !== 1) return 'item_not_in_ranking';
  if (at < rankedAt - skewMs) return 'before_ranking';
  return at > rankedAt + windowMs ? 'after_window' : undefined;
}
