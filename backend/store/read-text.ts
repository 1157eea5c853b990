import type { Client, InValue } from '@libsql/client';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';

/** What a database reads by, for SQL that is ready-made: whatever makes a database gives it its client, which drizzle's type of it leaves out. */
export const clientOf = (db: LibSQLDatabase): Client =>
  (db as LibSQLDatabase & { readonly $client: Client }).$client;

/**
 * Reads one text by SQL that is ready-made: for what is asked every few seconds, where building a query and an object of each row would be
 * most of the work. @returns the first cell of the only row.
 */
export async function readText(
  db: LibSQLDatabase,
  sql: string,
  args: InValue[] = [],
): Promise<string | null> {
  const { rows } = await clientOf(db).execute({ sql, args });
  return rows[0][0] as string | null;
}

/** The same where it is JSON. */
export async function readJson<T>(db: LibSQLDatabase, sql: string, args?: InValue[]): Promise<T> {
  return JSON.parse((await readText(db, sql, args)) ?? 'null') as T;
}
