import { sql } from 'drizzle-orm';
import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

// What the site's own systems say of orders: by phone, days later, and corrected.

export type OrderKind = 'booking' | 'refund' | 'cancellation';

/** What was said of an order, each line once and as it came. Ids of people are keyed. */
export const orderLines = sqliteTable(
  'order_lines',
  {
    lineId: text().primaryKey(),
    orderId: text().notNull(),
    kind: text().$type<OrderKind>().notNull(),
    /** What the order is worth from then on; null: nothing was said of it. */
    value: real(),
    at: integer().notNull(),
    receivedAt: integer().notNull(),
    /** What the line names, as far as it does. */
    rankingId: text(),
    itemId: text(),
    sessionId: text(),
    userId: text(),
  },
  (table) => [
    index('order_lines_order').on(table.orderId, table.at),
    index('order_lines_received').on(table.receivedAt),
    index('order_lines_user').on(table.userId),
    index('order_lines_session').on(table.sessionId),
  ],
);

/** Whose an order is. Only one with lines is here; its newest line says what counts of it. */
export const orders = sqliteTable(
  'orders',
  {
    orderId: text().primaryKey(),
    /** The line that counts: the newest by its own time. */
    currentLine: text().notNull(),
    /** Null: nothing says yet which ranking it came of. */
    creditedRanking: text(),
    creditedItem: text(),
    creditedSession: text(),
    creditedUser: text(),
    /** By what it was found, for people to read. */
    creditedBy: text().$type<'order' | 'ranking' | 'user' | 'session'>(),
    /** When it was booked, epoch ms: whether it came in time is told by this and not by when somebody said so. */
    bookedAt: integer(),
    /** Why it has no ranking. */
    why: text(),
  },
  (table) => [
    index('orders_ranking').on(table.creditedRanking),
    index('orders_user').on(table.creditedUser),
    index('orders_session').on(table.creditedSession),
    index('orders_open')
      .on(table.orderId)
      .where(sql`${table.creditedRanking} is null`),
  ],
);
