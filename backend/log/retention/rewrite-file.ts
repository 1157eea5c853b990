import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import { readNewestDeletion } from '../account/deletions.ts';
import { readMark, statement } from '../account/mark.ts';

const REWRITTEN = 'log: rewritten after deletion';

/**
 * Rewrites the database file if something was deleted since the last time. SQLite overwrites rows that it deletes, but not
 * the copies that it left where it moved rows from one page to another, so that ids may be read in the file until then.
 */
export async function rewriteAfterDeletions(store: Store): Promise<void> {
  const { db } = store;
  const newest = await readNewestDeletion(db);
  const { mark = 0 } = await readMark<number>(db, REWRITTEN);
  if (newest === mark) return;
  await store.compact();
  await store.write([
    statement(
      db,
      sql`insert into log_marks (name, value) values (${REWRITTEN}, ${String(newest)})
        on conflict do update set value = excluded.value`,
    ),
  ]);
}
