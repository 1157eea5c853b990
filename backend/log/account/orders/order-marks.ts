import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../../store/open.ts';
import { statement } from '../mark.ts';

const MARK = 'orders: ';

/**
 * Gives closed days another mark, in the transaction that changes what orders say of them: the mark of a day says nothing of a day that
 * is closed, and orders are corrected for longer. @param days SQL that gives one column, `day`: first milliseconds of UTC days.
 */
export const markOrders = (db: LibSQLDatabase, days: SQL): Statement =>
  statement(
    db,
    sql`insert into log_marks (name, value)
      select ${MARK} || day, json_quote(lower(hex(randomblob(8)))) from (${days}) where true
      on conflict do update set value = excluded.value`,
  );

/** Changes with what orders say of a closed day; undefined where none was corrected after it was closed. */
export async function readOrdersMark(db: LibSQLDatabase, day: number): Promise<string | undefined> {
  const rows = await db.all<{ value: string }>(
    sql`select value from log_marks where name = ${`${MARK}${day}`}`,
  );
  return rows[0] && (JSON.parse(rows[0].value) as string);
}
