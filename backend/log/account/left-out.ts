import { randomUUID } from 'node:crypto';
import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import { setMark } from './mark.ts';

const held = (kind: 'session' | 'user'): SQL =>
  sql`(select subject from training_exclusions where kind = ${sql.raw(`'${kind}'`)} and liftedAt is null)`;

/**
 * Whether somebody left the session or the user of a row out of what is learned from: 1 or 0. Experiments and reports count it all the
 * same, as their figures are of everybody who was assigned. @param row name of a row with `sessionId` and `userId`.
 */
export const isLeftOut = (row: SQL): SQL<number> =>
  sql<number>`coalesce(${row}.sessionId in ${held('session')}, 0) + coalesce(${row}.userId in ${held('user')}, 0) > 0`;

const MARK = 'left out: ';

/**
 * Gives days another mark, in the transaction that changes who is left out of them. It is one of its own because the mark of a day says
 * nothing of a day that is closed, and also of such a day people are left out. @param days first milliseconds of UTC days.
 */
export const markLeftOut = (db: LibSQLDatabase, days: readonly number[]): Statement[] =>
  days.map((day) => setMark(db, `${MARK}${day}`, randomUUID()));

/** Changes with who is left out of a day; undefined where nobody ever was. */
export async function readLeftOutMark(
  db: LibSQLDatabase,
  day: number,
): Promise<string | undefined> {
  const rows = await db.all<{ value: string }>(
    sql`select value from log_marks where name = ${`${MARK}${day}`}`,
  );
  return rows[0] && (JSON.parse(rows[0].value) as string);
}
