import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Statement, Store } from '../../store/open.ts';
import { rankingCounts, schemaList } from './counted.ts';
import { logStart } from './log-mark.ts';
import {
  CLASSIFIED,
  isAt,
  markText,
  moveMark,
  readMark,
  statement,
  type ClassifiedMark,
} from './mark.ts';
import { prunedBefore } from './pruned-before.ts';

/** How far closed days are counted. */
interface CountedMark {
  /** Of the account: under another one, days that are still in the log are counted anew. */
  readonly version: string;
  /** Days before this one, epoch ms, are counted. */
  readonly to: number;
  /** Days before it of which something was corrected since. */
  readonly again?: readonly number[];
}

const COUNTED = 'account: counted';

/**
 * Has days that are counted already counted again, in the transaction that changes what counts of them. @param days SQL that gives one
 * column, `day`.
 */
export const countAgain = (db: LibSQLDatabase, days: SQL): Statement =>
  statement(
    db,
    sql`update log_marks set value = json_set(value, '$.by', hex(randomblob(16)), '$.again', (
        select json_group_array(day) from (
          select value as day from json_each(log_marks.value, '$.again') union select day from (${days}))))
      where name = ${COUNTED} and exists (${days})`,
  );

/** How often an item was shown; the other counts bear the names of event types. */
export const SHOWN = 'shown';

/**
 * Counts what happened to each item on each day that is closed, so that popularity by season outlives the log. The counts
 * name items and no session or user, and only rankings and events that the account counts are in them: of a day's rankings,
 * how many showed the item, and how many events of each type came of them. Each day is one transaction with its mark.
 */
export async function countDays({ db, write }: Pick<Store, 'db' | 'write'>): Promise<void> {
  const { mark: classified } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  if (classified === undefined) return;
  const { version, closedBefore } = classified;
  let { text, mark } = await readMark<CountedMark>(db, COUNTED);
  const isOfNow = mark?.version === version;
  if (isOfNow && mark!.to >= closedBefore && mark!.again === undefined) return;
  const start = await logStart(db);
  if (start === undefined) return;
  const schemas = await schemaList(db);
  const counted = isOfNow ? mark!.to : 0;
  // A day of which a part was deleted keeps what was counted while it was whole.
  const whole = Math.ceil((await prunedBefore(db)) / DAY_MS) * DAY_MS;
  const days = isOfNow ? (mark!.again ?? []).filter((day) => day >= whole && day < counted) : [];
  for (let day = Math.max(counted, whole, floorToDay(start)); day < closedBefore; day += DAY_MS)
    days.push(day);
  if (days.length === 0 && mark?.again !== undefined)
    await write([
      moveMark(COUNTED, text, markText({ version, to: counted } satisfies CountedMark)),
    ]);
  for (const [i, day] of days.entries()) {
    const again = days.slice(i + 1).filter((other) => other < counted);
    const next = markText({
      version,
      to: Math.max(counted, day + DAY_MS),
      ...(again.length > 0 && { again }),
    } satisfies CountedMark);
    const here = isAt(COUNTED, next);
    const rankings = sql`(select d.rankingId, d.itemIds from decisions d
      where d.schemaHash in (${schemas}) and d.at >= ${day} and d.at < ${day + DAY_MS} and ${rankingCounts(sql`d`)})`;
    await write([
      moveMark(COUNTED, text, next),
      statement(db, sql`delete from daily_counts where day = ${day} and ${here}`),
      statement(
        db,
        sql`insert into daily_counts (day, itemId, metric, count, account)
          select ${day}, itemId, metric, count(*), ${version} from (
            select i.value as itemId, ${SHOWN} as metric from ${rankings} r, json_each(r.itemIds) i
            union all
            select e.itemId, e.type from ${rankings} r cross join events e on e.rankingId = r.rankingId
              where e.fault = '' and e.itemId is not null)
          where ${here} group by itemId, metric`,
      ),
    ]);
    ({ text, mark } = await readMark<CountedMark>(db, COUNTED));
    // Another backend counts the same days.
    if (text !== next) return;
  }
}
