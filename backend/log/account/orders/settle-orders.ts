import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import type { Statement, Store } from '../../../store/open.ts';
import { countAgain } from '../count-days.ts';
import { CLASSIFIED, statement } from '../mark.ts';
import { prunedBefore } from '../pruned-before.ts';
import { countRevision, newestRevision } from '../revision.ts';
import type { Rules } from '../rules.ts';
import { saidIds } from './corrected-by.ts';
import { findRankings } from './find-rankings.ts';
import { markOrders } from './order-marks.ts';

/** Orders at a time: ingest waits for no transaction long. */
const PAGE = 500;
const CLOSED_BEFORE = sql`coalesce(
  (select value ->> '$.closedBefore' from log_marks where name = ${sql.raw(`'${CLASSIFIED}'`)}), 0)`;

/**
 * Looks for the rankings of orders, and puts what each is worth now among the events of its ranking: readers of events need not know of
 * orders. An order has one ranking for ever, and one event that counts, of its newest line by the line's own time; the event of a line
 * before it, and what a page said of the same order, is `corrected`. Settling twice changes nothing.
 *
 * Rankings of open days are judged by the account, as a new event makes it read them. Those of closed days are never judged again, so
 * that the verdicts are given here, with marks that make partitions, units and daily counts read them again.
 * @param which `found`: nothing is written of orders whose ranking is not found.
 */
export async function settleOrders(
  store: Pick<Store, 'db' | 'write'>,
  { attributionDays, filters }: Rules,
  orderIds: readonly string[],
  which: 'all' | 'found' = 'all',
): Promise<void> {
  if (orderIds.length === 0) return;
  const from = await prunedBefore(store.db);
  const limits = {
    windowMs: attributionDays * DAY_MS,
    skewMs: filters.maxClockSkewMs,
    from,
  };
  for (let at = 0; at < orderIds.length; at += PAGE)
    await settlePage(store, limits, orderIds.slice(at, at + PAGE), which);
}

/** A page's booking, or the ranking that it came of, may still be on its way from the edge. */
const LOOK_AGAIN_MS = 6 * 3_600_000;

/** Looks again for the rankings of orders that were told of lately and have none yet. */
export async function settleOpenOrders(
  store: Pick<Store, 'db' | 'write'>,
  rules: Rules,
  nowMs: number,
): Promise<void> {
  const rows = await store.db.all<{ orderId: string }>(sql`
    select distinct l.orderId from order_lines l cross join orders o on o.orderId = l.orderId
    where l.receivedAt >= ${nowMs - LOOK_AGAIN_MS} and o.creditedRanking is null`);
  await settleOrders(
    store,
    rules,
    rows.map(({ orderId }) => orderId),
    'found',
  );
}

async function settlePage(
  { db, write }: Pick<Store, 'db' | 'write'>,
  limits: { windowMs: number; skewMs: number; from: number },
  orderIds: readonly string[],
  which: 'all' | 'found',
): Promise<void> {
  const open = await db.all<{ orderId: string }>(sql`
    select a.value as orderId from json_each(${JSON.stringify(orderIds)}) a
    left join orders o on o.orderId = a.value where o.creditedRanking is null`);
  const found = await findRankings(
    db,
    open.map(({ orderId }) => orderId),
    limits,
  );
  const credits = [...found].map(([orderId, credit]) =>
    typeof credit === 'string'
      ? { orderId, why: credit }
      : {
          orderId,
          ranking: credit.rankingId,
          item: credit.itemId,
          by: credit.by,
          bookedAt: credit.bookedAt,
        },
  );
  const settled =
    which === 'all' ? orderIds : credits.flatMap((one) => ('ranking' in one ? one.orderId : []));
  if (settled.length > 0) await write(settling(db, settled, credits, limits.from));
}

function settling(
  db: LibSQLDatabase,
  orderIds: readonly string[],
  credits: readonly object[],
  wholeFrom: number,
): Statement[] {
  const asked = sql`(select value from json_each(${JSON.stringify(orderIds)}))`;
  const newest = (orderId: SQL) => sql`(
    select l.lineId from order_lines l where l.orderId = ${orderId} order by l.at desc, l.rowid desc limit 1)`;
  /** Orders whose line that counts has no event yet, with their rankings: what the statements below change. */
  const fresh = sql`(
    select o.orderId, l.lineId, l.kind, l.value, o.creditedItem, o.bookedAt, d.rankingId, d.at, d.sessionId,
      d.userId, d.placement, d.arm, d.pointerRevision, d.weights, d.at < ${CLOSED_BEFORE} as isClosed,
      d.at - d.at % ${sql.raw(String(DAY_MS))} as day
    from orders o cross join order_lines l on l.lineId = o.currentLine
    cross join decisions d on d.rankingId = o.creditedRanking and d.at >= ${wholeFrom}
    where o.orderId in ${asked}
      and not exists (select 1 from events e where e.orderLine = o.currentLine))`;
  const freshlyClosed = sql`(select * from ${fresh} where isClosed)`;
  /** What pages said of them and counts: of closed rankings, and of rankings that they are not credited to. */
  const onPages = sql`(
    select e.rowid as event, p.sessionId, p.at - p.at % ${sql.raw(String(DAY_MS))} as day
    from ${saidIds(fresh)} a cross join events e on (e.properties ->> '$.orderId') = a.said
      and e.type = 'booking' and json_valid(e.properties)
    cross join decisions p on p.rankingId = e.rankingId
    where e.orderLine is null and e.fault = '' and (p.at < ${CLOSED_BEFORE} or e.rankingId <> (
      select o.creditedRanking from orders o where o.orderId = a.orderId)))`;
  const changed = sql`(select sessionId, day from ${freshlyClosed} union select sessionId, day from ${onPages})`;
  return [
    statement(
      db,
      sql`insert into orders (orderId, currentLine)
        select a.value, ${newest(sql`a.value`)} from json_each(${JSON.stringify(orderIds)}) a
        where ${newest(sql`a.value`)} is not null
        on conflict do update set currentLine = excluded.currentLine`,
    ),
    statement(
      db,
      sql`update orders set creditedRanking = c.value ->> 'ranking', creditedItem = c.value ->> 'item',
          creditedBy = c.value ->> 'by', bookedAt = c.value ->> 'bookedAt', why = c.value ->> 'why',
          creditedSession = (select nullif(d.sessionId, '') from decisions d where d.rankingId = c.value ->> 'ranking'),
          creditedUser = (select d.userId from decisions d where d.rankingId = c.value ->> 'ranking')
        from json_each(${JSON.stringify(credits)}) c
        where orders.orderId = c.value ->> 'orderId' and +orders.creditedRanking is null
          and (c.value ->> 'ranking' is null or exists (
            select 1 from decisions d where d.rankingId = c.value ->> 'ranking'))`,
    ),
    // What is closed is read again by those who keep what they read. First, as the statements behind change what is fresh.
    markOrders(db, sql`select distinct day from ${changed}`),
    countAgain(db, sql`select distinct day from ${changed}`),
    countRevision(db, sql`exists (select 1 from ${changed})`),
    statement(
      db,
      sql`update session_days set revision = ${newestRevision}
        where rowid in (
          select s.rowid from ${changed} c cross join session_days s on s.sessionId = c.sessionId and s.day = c.day)`,
    ),
    statement(
      db,
      sql`update events set fault = 'corrected'
        where fault = '' and (rowid in (
          select e.rowid from ${freshlyClosed} f cross join order_lines l on l.orderId = f.orderId
            cross join events e on e.orderLine = l.lineId)
          or rowid in (select event from ${onPages})
          or rowid in (
            select e.rowid from ${freshlyClosed} f cross join events e on e.rankingId = f.rankingId
            where e.orderLine is null and e.type = 'cancel' and json_valid(e.properties)
              and e.properties ->> '$.orderId' = f.orderId))`,
    ),
    statement(
      db,
      sql`insert into events (eventId, type, rankingId, itemId, value, properties, timestamp, receivedAt, sessionId,
          userId, placement, arm, pointerRevision, weights, fault, orderLine)
        select 'order ' || lineId, case kind when 'cancellation' then 'cancel' else 'booking' end, rankingId,
          creditedItem, value, json_object('orderId', orderId, 'kind', kind), bookedAt, bookedAt, sessionId,
          userId, placement, arm, pointerRevision, weights, case when isClosed then '' end, lineId
        from ${fresh} where true on conflict do nothing`,
    ),
  ];
}
