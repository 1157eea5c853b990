import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import { statement } from './mark.ts';

const COUNTER = 'log: deletions';

/**
 * The number of the newest deletion of a user or session. It is counted apart from the rows, because rows go when a deletion
 * is lifted or cannot meet anything any more: a number that was given again would be one that readers have passed.
 */
export const newestDeletion: SQL = sql`coalesce(
  (select cast(value as integer) from log_marks where name = ${sql.raw(`'${COUNTER}'`)}),
  max(coalesce((select max(deletion) from deleted_users), 0),
    coalesce((select max(deletion) from deleted_sessions), 0)))`;

/**
 * Counts up; the statements after it in the transaction give their rows `newestDeletion`. @param above a number that was given before,
 * and of which a restored database does not know.
 */
export const countDeletion = (db: LibSQLDatabase, above = 0): Statement =>
  statement(
    db,
    sql`insert into log_marks (name, value)
      select ${COUNTER}, max(${newestDeletion}, ${above}) + 1 where true
      on conflict do update set value = excluded.value`,
  );

export async function readNewestDeletion(db: LibSQLDatabase): Promise<number> {
  const [{ newest }] = await db.all<{ newest: number }>(sql`select ${newestDeletion} as newest`);
  return newest;
}

const PRUNED = 'log: newest deletion without tombstones';

/** Notes up to which deletion tombstones of sessions may be gone. @param newest SQL that gives its number, or null. */
export const countPruned = (db: LibSQLDatabase, newest: SQL): Statement =>
  statement(
    db,
    sql`insert into log_marks (name, value) select ${PRUNED}, d from (select (${newest}) as d) where d is not null
      on conflict do update set value = max(cast(value as integer), excluded.value)`,
  );

/** Up to which deletion tombstones of sessions may be gone; 0: none is. */
export async function readPruned(db: LibSQLDatabase): Promise<number> {
  const [row] = await db.all<{ value: string }>(
    sql`select value from log_marks where name = ${PRUNED}`,
  );
  return Number(row?.value ?? 0);
}

/** Tells what was deleted by a later deletion than one. */
export interface Deleted {
  readonly users: ReadonlySet<string>;
  readonly sessions: ReadonlySet<string>;
}

export async function deletedSince(db: LibSQLDatabase, deletion: number): Promise<Deleted> {
  const users = await db.all<{ id: string }>(
    sql`select userId as id from deleted_users where deletion > ${deletion}`,
  );
  const sessions = await db.all<{ id: string }>(
    sql`select sessionId as id from deleted_sessions where deletion > ${deletion}`,
  );
  const ids = (rows: readonly { id: string }[]) => new Set(rows.map(({ id }) => id));
  return { users: ids(users), sessions: ids(sessions) };
}

/** What names a user is the user's; what names none is its session's. */
export const isDeleted = (
  { users, sessions }: Deleted,
  { sessionId, userId }: { readonly sessionId: string; readonly userId: string | null },
): boolean => (userId === null ? sessions.has(sessionId) : users.has(userId));
