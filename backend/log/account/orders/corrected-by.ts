import { sql, type SQL } from 'drizzle-orm';

/**
 * The ids of orders as a page may say them, `orderId` and `said`: pages also say a number. @param orders SQL that gives a column `orderId`. Neither has
 * an affinity, or the index on what pages say would be of no use.
 */
export const saidIds = (orders: SQL): SQL => sql`(
  select +orderId as orderId, +orderId as said from ${orders}
  union all select +orderId, orderId + 0 from ${orders} where cast(orderId + 0 as text) = orderId)`;

/**
 * The row id of the event that counts in the place of an event `e`, as SQL; null where none does. Of a line of an order that is the
 * next line that counted; of what a page said of an order it is the first line, as the site's server knows better. Only bookings and
 * cancellations are looked up.
 */
export const CORRECTED_BY = `case
  when e.orderLine is not null then (
    select min(n.rowid) from order_lines l cross join order_lines m on m.orderId = l.orderId
      cross join events n on n.orderLine = m.lineId
    where l.lineId = e.orderLine and n.rowid > e.rowid)
  when e.type in ('booking', 'cancel') and json_valid(e.properties) then (
    select min(n.rowid) from order_lines m cross join events n on n.orderLine = m.lineId
    where m.orderId = e.properties ->> '$.orderId')
  end`;
