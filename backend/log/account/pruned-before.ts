import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import { logMarks } from '../../store/tables.ts';
import { logStart } from './log-mark.ts';
import { readMark } from './mark.ts';

const PRUNED = 'log: pruned before';

/** Notes up to when the log has been deleted, epoch ms, whatever the retention is set to later. */
export const recordPruned = (db: LibSQLDatabase, before: number): Statement =>
  db
    .insert(logMarks)
    .values({ name: PRUNED, value: JSON.stringify({ before }) })
    .onConflictDoUpdate({
      target: logMarks.name,
      set: { value: sql`json_object('before', max(log_marks.value ->> 'before', ${before}))` },
    });

/**
 * The log is whole from this moment on, epoch ms; 0 where nothing was ever deleted. In a store that was pruned before this
 * was noted, units that are stored from before the first ranking tell that the log has lost its beginning.
 */
export async function prunedBefore(db: LibSQLDatabase): Promise<number> {
  const { mark } = await readMark<{ before: number }>(db, PRUNED);
  if (mark !== undefined) return mark.before;
  const start = await logStart(db);
  if (start === undefined) return 0;
  const [{ older }] = await db.all<{ older: number }>(sql`
    select exists (select 1 from experiment_units where firstAt < ${start})
      or exists (select 1 from metric_units where firstAt < ${start}) as older`);
  return older === 1 ? start : 0;
}
