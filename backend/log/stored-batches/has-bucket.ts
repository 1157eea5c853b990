import { sql } from 'drizzle-orm';
import type { Statement, Store } from '../../store/open.ts';
import { readMark, setMark, statement } from '../account/mark.ts';
import { completeBatches, HAS_BUCKET } from '../retention/receipts.ts';

interface BucketMark {
  /** Whether nothing was in it when all of it was last read. */
  readonly isEmpty: boolean;
}

export const markBucket = ({ db }: Pick<Store, 'db'>, isEmpty: boolean): Statement =>
  setMark(db, HAS_BUCKET, { isEmpty } satisfies BucketMark);

/**
 * Lets receipts of erasures wait for the bucket of the log from now on; or no longer, where there is none any more and it was empty when it
 * was last read. To be called before erasures are carried out again.
 */
export async function noteBucket(
  store: Store,
  hasBucket: boolean,
  nowMs: number,
  log: (message: string) => void,
): Promise<void> {
  if (hasBucket) return void (await store.write([markBucket(store, false)]));
  const { mark } = await readMark<BucketMark>(store.db, HAS_BUCKET);
  if (mark === undefined) return;
  if (mark.isEmpty)
    await store.write([
      statement(store.db, sql`delete from log_marks where name = ${HAS_BUCKET}`),
      completeBatches(store, Number.MAX_SAFE_INTEGER, nowMs),
    ]);
  else
    log(
      'TRIMTAB_LOG_STORE is not set, and the bucket of the log was not empty when it was last read: set it until it is, as receipts of erasures wait for that',
    );
}
