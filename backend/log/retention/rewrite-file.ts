import type { Store } from '../../store/open.ts';
import { readNewestDeletion } from '../account/deletions.ts';
import { readMark, setMark } from '../account/mark.ts';
import { completeStage } from './receipts.ts';

const REWRITTEN = 'log: rewritten after deletion';

/**
 * Rewrites the database file if something was deleted since the last time. SQLite overwrites rows that it deletes, but not
 * the copies that it left where it moved rows from one page to another, so that ids may be read in the file until then.
 */
export async function rewriteAfterDeletions(store: Store, nowMs: number): Promise<void> {
  const newest = await readNewestDeletion(store.db);
  const { mark = 0 } = await readMark<number>(store.db, REWRITTEN);
  if (newest === mark) return;
  await store.compact();
  await store.write([
    setMark(store.db, REWRITTEN, newest),
    // Which empties the log as well.
    completeStage(store, 'logAt', newest, nowMs),
    completeStage(store, 'fileAt', newest, nowMs),
  ]);
}

/** Empties the write-ahead log. Where readers hold it for longer, the next pruning does. */
export async function emptyLogAfterDeletions(store: Store, nowMs: number): Promise<void> {
  const newest = await readNewestDeletion(store.db);
  if (await store.emptyLog()) await store.write([completeStage(store, 'logAt', newest, nowMs)]);
}
