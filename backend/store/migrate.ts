import type { Client } from '@libsql/client';
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import { whileUnlocked } from './while-unlocked.ts';

/** Drizzle's own table and columns: stores from before this file are read, and drizzle's tools read ours. */
const TABLE = '__drizzle_migrations';
const MAKE_TABLE = `create table if not exists "${TABLE}" (id serial primary key, hash text not null, created_at numeric)`;
const NEWEST = `select coalesce(max(created_at), 0) as newest from "${TABLE}"`;

/**
 * Brings a database to the newest migration, whoever else does the same at the same time. All that is missing is one
 * transaction that takes the write lock at its beginning. Its first statement fails where the newest migration is another
 * one than was read before, so of several processes one migrates, and the others look again and find it done. Drizzle's
 * own migrator reads outside of the transaction, and the second of two starts made tables that were there.
 * The transaction is sent as one batch, because a server ends one that it has to wait for.
 */
export async function migrate(client: Client, folder: string): Promise<void> {
  const all = readMigrationFiles({ migrationsFolder: folder });
  for (;;) {
    const newest = await newestOf(client);
    const missing = all.filter(({ folderMillis }) => folderMillis > newest);
    if (missing.length === 0) return;
    try {
      await whileUnlocked(() => client.batch(statementsOf(newest, missing), 'write'));
    } catch (error) {
      if ((await newestOf(client)) === newest) throw error;
    }
  }
}

/** When the newest migration that was applied was made, epoch ms; 0 in an empty database. */
async function newestOf(client: Client): Promise<number> {
  return whileUnlocked(async () => {
    const made = await client.execute(
      `select 1 from sqlite_master where type = 'table' and name = '${TABLE}'`,
    );
    if (made.rows.length === 0) return 0;
    const { rows } = await client.execute(NEWEST);
    return Number(rows[0].newest);
  });
}

const statementsOf = (newest: number, missing: readonly MigrationMeta[]) => [
  MAKE_TABLE,
  // `json` of a text that is none fails, and with it the transaction.
  `select case when (${NEWEST}) = ${newest} then 1 else json('migrated meanwhile') end`,
  ...missing.flatMap(({ sql, hash, folderMillis }) => [
    ...sql,
    {
      sql: `insert into "${TABLE}" (hash, created_at) values (?, ?)`,
      args: [hash, folderMillis],
    },
  ]),
];
