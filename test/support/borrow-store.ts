import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { inject } from 'vitest';
import { openStore, type Store } from '../../backend/store/open.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

export interface BorrowedStore extends Store {
  readonly url: string;
}

/** Migrated and empty, with the thread that writes it at rest: what takes long to come by. */
interface Kept {
  readonly store: Store;
  readonly url: string;
  readonly database: TestDatabase;
  readonly tables: string;
  readonly directory: string;
}

const idle: Kept[] = [];

/**
 * An empty store at the newest migration, for one test or file alone. Closing it deletes every row, and the next who asks
 * is given the same file: only the first ones of a process wait for migrations and a thread.
 */
export async function borrowStore(): Promise<BorrowedStore> {
  const kept = idle.pop() ?? (await make());
  let isOpen = true;
  return {
    ...kept.store,
    url: kept.url,
    async close() {
      if (!isOpen) throw new Error('this store was given back before');
      isOpen = false;
      if (await isEmptied(kept)) idle.push(kept);
      else await discard(kept);
    },
  };
}

async function make(): Promise<Kept> {
  const directory = mkdtempSync(join(inject('storesFolder'), 'store-'));
  const database = await testDatabase(directory);
  const { url } = database;
  const store = await openStore({ url });
  return { store, url, database, tables: await tablesOf(store), directory };
}

async function discard({ store, database, directory }: Kept): Promise<void> {
  await store.close();
  await database.close();
  rmSync(directory, { recursive: true, force: true });
}

/** Tables, indexes and triggers as they are declared. */
async function tablesOf({ db }: Store): Promise<string> {
  return JSON.stringify(await db.all(sql`select name, sql from sqlite_master order by name`));
}

/** @returns false where a test has changed more than rows, or still holds the file: then nobody else is to have it. */
async function isEmptied({ store, tables }: Kept): Promise<boolean> {
  try {
    if ((await tablesOf(store)) !== tables) return false;
    const names = await store.db.all<{ name: string }>(sql`
      select name from sqlite_master
      where type = 'table' and name not like '\\_\\_%' escape '\\'
        and (name = 'sqlite_sequence' or name not like 'sqlite%')`);
    await store.write(
      names.map(({ name }) => ({ toSQL: () => ({ sql: `delete from "${name}"`, params: [] }) })),
    );
    return true;
  } catch {
    return false;
  }
}
