import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import { dayMarks } from '../../store/tables.ts';
import { newestDeletion } from './deletions.ts';
import { statement } from './mark.ts';

/**
 * Gives days a new mark, in the transaction that changes what the account says of them: a partition is built again only
 * where the mark of its day moved. A mark is random, so that one of a store that was lost never equals one of the next.
 * @param days first milliseconds of UTC days.
 * @param condition only where it holds.
 */
export const markDays = (
  db: LibSQLDatabase,
  days: Iterable<number>,
  condition: SQL,
): Statement[] => {
  const listed = JSON.stringify([...new Set(days)]);
  return listed === '[]'
    ? []
    : [
        statement(
          db,
          sql`insert into ${dayMarks} (day, mark)
            select value, lower(hex(randomblob(8))) from json_each(${listed}) where ${condition}
            on conflict do update set mark = excluded.mark`,
        ),
      ];
};

/**
 * Equal marks mean that a build would give the same partition. Deletions take rows from any day, so each counts for all.
 * @param day first millisecond of a UTC day.
 */
export async function readDayMark(
  db: LibSQLDatabase,
  day: number,
): Promise<{ readonly dayMark: string; readonly deletions: number }> {
  const [{ mark, deletions }] = await db.all<{ mark: string | null; deletions: number }>(sql`
    select (select mark from ${dayMarks} where day = ${day}) as mark, ${newestDeletion} as deletions`);
  return { dayMark: `${mark ?? 'none'}-${deletions}`, deletions };
}
