import Libsql from 'libsql';
import { MIGRATIONS, readMigrations } from './migrations.ts';
import { readApplied, type Rows } from './upgrade-state.ts';

/** The name of the newest migration that a local database has. */
export async function newestMigrationOf(path: string): Promise<string> {
  const db = new Libsql(path);
  try {
    const applied = await readApplied(async (sql) => db.prepare(sql).all() as Rows);
    const newest = applied.at(-1);
    const known = readMigrations(MIGRATIONS).find(({ when }) => when === newest?.when);
    return newest?.tag ?? known?.tag ?? 'none';
  } finally {
    db.close();
  }
}
