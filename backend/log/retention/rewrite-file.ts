import type { Store } from '../../store/open.ts';
import { readNewestDeletion } from '../account/deletions.ts';
import { readMark, setMark } from '../account/mark.ts';

const REWRITTEN = 'log: rewritten after deletion';

/**
 * Rewrites the database file if something was deleted since the last time. SQLite overwrites rows that it deletes, but not
 * the copies that it left where it moved rows from one page to another, so that ids may be read in the file until then.
 */
export async function rewriteAfterDeletions(store: Store): Promise<void> {
  const newest = await readNewestDeletion(store.db);
  const { mark = 0 } = await readMark<number>(store.db, REWRITTEN);
  if (newest === mark) return;
  await store.compact();
  await store.write([setMark(store.db, REWRITTEN, newest)]);
}
