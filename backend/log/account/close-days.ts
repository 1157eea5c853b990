import { sql } from 'drizzle-orm';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Store } from '../../store/open.ts';
import {
  CREDITED,
  CLASSIFIED,
  markText,
  readMark,
  statement,
  type ClassifiedMark,
} from './mark.ts';
import type { Rules } from './rules.ts';

/**
 * Closes a day `attributionDays + 1` days after its end, when no feedback for it can still count. The time is the earlier
 * one of the newest receive time in the log, so that a clock that runs ahead closes nothing, and of this machine's clock,
 * so that one entry from the future closes nothing either. No day is closed while something is not classified or
 * credited yet, because everything that is stored when its day closes came in time.
 */
export async function closeDays(
  { db, write }: Pick<Store, 'db' | 'write'>,
  { attributionDays }: Rules,
  nowMs: number,
): Promise<void> {
  const { text, mark } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  if (text === undefined || mark === undefined) return;
  const [{ newest }] = await db.all<{ newest: number | null }>(sql`
    select max(coalesce((select max(receivedAt) from events), 0),
      coalesce((select max(firstAt) from session_days
        where day = (select max(day) from session_days)), 0)) as newest`);
  const closedBefore = floorToDay(Math.min(newest ?? 0, nowMs) - (attributionDays + 1) * DAY_MS);
  if (closedBefore <= mark.closedBefore) return;
  await write([
    statement(
      db,
      sql`update log_marks set value = ${markText({ ...mark, closedBefore })}
        where name = ${CLASSIFIED} and value = ${text}
          and coalesce((select max(rowid) from decisions), 0) = ${mark.decisions?.rowid ?? 0}
          and coalesce((select max(rowid) from events), 0) = ${mark.events?.rowid ?? 0}
          and (select coalesce(max(rowid), 0) from outcomes) = coalesce((
            select value ->> '$.outcomes.rowid' from log_marks where name = ${CREDITED}), 0)
          and not exists (
            select 1 from session_days where revision > coalesce((
              select value ->> '$.revision' from log_marks where name = ${CREDITED}), 0))`,
    ),
  ]);
}
