import type { Client } from '@libsql/client';
import { log } from '../../process/logger.ts';
import { localPathOf } from '../local-path.ts';
import { whileUnlocked } from '../while-unlocked.ts';
import { copyBefore } from './copies-before.ts';
import { BASELINE, readMigrations, type Migration } from './migrations.ts';
import {
  DRIZZLE_TABLE,
  KINDS_TABLE,
  MAKE_TABLES,
  readApplied,
  refuseNewer,
  upgradeState,
  type Applied,
} from './upgrade-state.ts';

/** Which migrations a database has, in short: two that differ have different ones. */
const MARK = `select count(*) || ' ' || coalesce(max(created_at), 0) from "${DRIZZLE_TABLE}"`;

/**
 * Brings a database to the newest expand migration, whoever else does the same at the same time, after a copy of it was made. All that is
 * missing is one transaction that takes the write lock at its beginning. Its first statement fails where the database has other
 * migrations than were read before, so of several processes one migrates, and the others look again and find it done. Drizzle's
 * own migrator reads outside of the transaction, and the second of two starts made tables that were there.
 * The transaction is sent as one batch, because a server ends one that it has to wait for.
 * @throws NewerDatabase where a newer version has upgraded it for good.
 */
export async function migrate(client: Client, url: string, folder: string): Promise<void> {
  const all = readMigrations(folder);
  const path = localPathOf(url);
  const read = () =>
    whileUnlocked(() => readApplied(async (sql) => (await client.execute(sql)).rows));
  for (;;) {
    const applied = await read();
    const state = upgradeState(all, applied);
    refuseNewer(state);
    const { missing } = state;
    if (missing.length === 0) return;
    const isUnchanged = async () => markOf(await read()) === markOf(applied);
    if (applied.length > 0 && path !== undefined) {
      const copy = await whileUnlocked(() => copyBefore(path, missing[0].tag, isUnchanged));
      if (copy === undefined) continue;
      log(upgradeText(missing, copy));
    }
    try {
      await whileUnlocked(() => client.batch(statementsOf(applied, missing), 'write'));
      return;
    } catch (error) {
      if (await isUnchanged()) throw error;
    }
  }
}

/** Versions from before the baseline expect a database of their own. */
const upgradeText = (missing: readonly Migration[], copy: string): string =>
  `the database is upgraded (${missing.map(({ tag }) => tag).join(', ')}): ${copy} is how it was${
    missing[0].when > BASELINE
      ? ', and the version before can be started again until "trimtab upgrade finalize"'
      : ''
  }`;

const markOf = (applied: readonly Applied[]): string =>
  `${applied.length} ${Math.max(0, ...applied.map(({ when }) => when))}`;

const statementsOf = (applied: readonly Applied[], missing: readonly Migration[]) => [
  ...MAKE_TABLES,
  // `json` of a text that is none fails, and with it the transaction.
  `select case when (${MARK}) = '${markOf(applied)}' then 1 else json('migrated meanwhile') end`,
  // Nobody goes back to before a new database.
  ...missing.flatMap((one) => applying(one, applied.length === 0 ? Date.now() : null)),
];

/** What applies a migration, and notes that. @param finalizedAt epoch ms; null: one may go back before it. */
export const applying = (
  { sql, hash, when, tag, kind }: Migration,
  finalizedAt: number | null,
): (string | { sql: string; args: (string | number | null)[] })[] => [
  ...sql,
  {
    sql: `insert into "${DRIZZLE_TABLE}" (hash, created_at) values (?, ?)`,
    args: [hash, when],
  },
  {
    sql: `insert into "${KINDS_TABLE}" (made_at, tag, kind, applied_at, finalized_at) values (?, ?, ?, ?, ?)`,
    args: [when, tag, kind, Date.now(), finalizedAt],
  },
];
