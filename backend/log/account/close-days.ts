import { sql } from 'drizzle-orm';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Store } from '../../store/open.ts';
import { readLogTime } from '../log-time.ts';
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
 * Closes a day `attributionDays + 1` days after its end, when no feedback for it can still count. The time is that of the
 * log, so that neither a clock that runs ahead nor an entry from the future closes anything: what comes in for a closed
 * day counts for nobody. No day is closed while something is not classified or credited yet, because everything that is
 * stored when its day closes came in time.
 */
export async function closeDays(
  { db, write }: Pick<Store, 'db' | 'write'>,
  { attributionDays }: Rules,
  nowMs: number,
): Promise<void> {
  const { text, mark } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  if (text === undefined || mark === undefined) return;
  const logMs = await readLogTime(db, nowMs);
  if (logMs === undefined) return;
  const closedBefore = floorToDay(logMs - (attributionDays + 1) * DAY_MS);
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
