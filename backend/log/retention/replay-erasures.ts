import { sql } from 'drizzle-orm';
import type { UserId } from '../../../shared/domain/ids.ts';
import type { Store } from '../../store/open.ts';
import { statement } from '../account/mark.ts';
import { sessionsOf } from './delete-user.ts';
import { erase } from './erase.ts';
import type { ErasureJournal, JournalEntry } from '../partitions/journal.ts';
import { allowReceipt, journalErasures } from './receipts.ts';

/**
 * Carries out again every erasure that the journal has and the database does not know, as one does not that was restored from before
 * them. To be called at each start, before anything is served: what is restored needs nothing besides. It also writes into
 * the journal what a process that ended did not.
 * @param since epoch ms: older entries are let be, as their receipts were pruned.
 * @returns how many were carried out. Partitions are rid of them by `forgetDeleted`, whoever reads them next.
 */
export async function replayErasures({
  store,
  journal,
  since,
  nowMs,
  log,
}: {
  readonly store: Store;
  readonly journal: ErasureJournal;
  readonly since: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): Promise<number> {
  const rows = await store.db.all<{ id: string }>(sql`select id from erasures`);
  const missing = await journal.read(new Set(rows.map(({ id }) => id)), since);
  // Above all numbers that partitions may have passed.
  const above = Math.max(0, ...missing.map(({ deletion }) => deletion));
  for (const entry of missing)
    if (entry.kind === 'allow') await allowAgain(store, entry);
    else await eraseAgain(store, entry, above, nowMs());
  if (missing.length > 0)
    log(
      `the database is from before ${missing.length === 1 ? 'an erasure' : `${missing.length} erasures`}: carried out again`,
    );
  await journalErasures(store, journal, nowMs());
  return missing.length;
}

async function eraseAgain(
  store: Store,
  entry: JournalEntry,
  above: number,
  nowMs: number,
): Promise<void> {
  const { id, at, by, users, sessions, kind } = entry;
  const listed = sql`select value, null as ofErasure from json_each(${JSON.stringify(sessions)})`;
  // Sessions that were pruned by the time of the erasure may be there again.
  const known = users.map(
    (user) => sql`select value, null as ofErasure from (${sessionsOf(user as UserId)})`,
  );
  await erase(
    store,
    {
      users: sql`select value from json_each(${JSON.stringify(users)})`,
      sessions: sql.join([listed, ...known], sql` union `),
    },
    { by, kind: kind === 'user' ? 'user' : 'session', receipt: { id, at, above } },
    nowMs,
  );
}

/** Who was erased again since then stays so: the request may have failed once it stood in the journal. */
const allowAgain = (store: Store, entry: JournalEntry): Promise<number[]> =>
  store.write([
    statement(
      store.db,
      sql`delete from deleted_users where userId in (
        select value from json_each(${JSON.stringify(entry.users)}))
        and not exists (select 1 from erasures e where e.id = deleted_users.erasure and e.at > ${entry.at})`,
    ),
    allowReceipt(store, entry),
  ]);
