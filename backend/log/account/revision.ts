import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import { statement } from './mark.ts';

const COUNTER = 'account: revision';

/** How many session days readers take at a time. */
const PAGE = 2000;

/**
 * The newest revision that was given. It is counted apart from the rows, because the rows of a deleted user may be the
 * newest: a revision that was given again would be one that the readers have passed. A store from before the counter has
 * the newest of its rows and of its readers' marks.
 */
export const newestRevision: SQL = sql`coalesce(
  (select cast(value as integer) from log_marks where name = ${sql.raw(`'${COUNTER}'`)}),
  max(
    coalesce((select max(revision) from session_days), 0),
    coalesce((select max(max(coalesce(value ->> '$.revision', 0),
      coalesce(value ->> '$.startRevision', 0))) from log_marks where json_valid(value)), 0)))`;

/** Counts up; the statements after it in the transaction give their rows `newestRevision`. */
export const countRevision = (db: LibSQLDatabase, condition: SQL): Statement =>
  statement(
    db,
    sql`insert into log_marks (name, value) select ${COUNTER}, ${newestRevision} + 1 where ${condition}
      on conflict do update set value = excluded.value`,
  );

/** How far the changes of a page's worth of session days go; those of one revision are never parted. */
export async function revisionAfter(db: LibSQLDatabase, revision: number): Promise<number> {
  const [row] = await db.all<{ last: number | null }>(sql`
    select max(revision) as last from (
      select revision from session_days where revision > ${revision} order by revision limit ${PAGE})`);
  return row.last ?? revision;
}
