import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { addSums, rateOf, type SessionSums } from '../reports/rate.ts';
import type { Proportion } from '../science/statistics/wilson.ts';
import { servedByDay } from './served.ts';

/** What people asked for, and whether they found something. */
export interface SearchFigures {
  /** The preferences of the requests, as JSON; `{}` where they stated none. */
  readonly preferences: string;
  /** How often it was asked for: a list with its further pages is one search, on each day. */
  readonly rankings: number;
  /** Searches in which something was clicked, on whichever page. */
  readonly clicked: number;
  /** Its interval takes what a visitor did on a day as one piece of evidence. */
  readonly clickRate: Proportion;
  /** Searches that a booking was started from. */
  readonly bookingStarts: number;
}

interface Sums extends SessionSums {
  readonly starts: number;
}

/** Of a day; what is asked less often than all of these on every day is not among the most frequent searches. */
const MOST_A_DAY = 5000;

/** What was asked for in a span, the most frequent first. @param to exclusive. */
export async function searchFigures(
  db: LibSQLDatabase,
  { from, to }: { readonly from: number; readonly to: number },
  limit: number,
): Promise<SearchFigures[]> {
  const searches = new Map<string, Sums>();
  for await (const served of servedByDay(db, from, to)) {
    const came = (type: string) => sql`exists (select 1 from events e
      where e.rankingId = r.rankingId and e.type = ${type} and e.fault = '')`;
    const rows = await db.all<Sums & { asked: string }>(sql`
      select asked, count(*) as sessions, sum(n) as rankings, sum(c) as hits, sum(n * n) as rankingsSquared,
        sum(c * c) as hitsSquared, sum(n * c) as products, sum(s) as starts
      from (select asked, count(*) as n, sum(clicked) as c, sum(started) as s
        -- The other columns of a search are those of its first page: SQLite takes them from the row that min() is of.
        from (select search, visitor, asked, max(clicked) as clicked, max(started) as started, min(above)
          from (select r.search, r.visitor, coalesce(r.pageOffset, 0) as above,
            ${came('click')} as clicked, ${came('booking_start')} as started,
            case when json_valid(r.request) then coalesce(json(r.request -> '$.preferences'), '{}') else '{}' end as asked
          from ${served} r)
          group by search)
        group by asked, visitor)
      group by asked order by rankings desc limit ${MOST_A_DAY}`);
    for (const { asked, ...one } of rows) {
      const before = searches.get(asked);
      searches.set(
        asked,
        before === undefined
          ? one
          : { ...addSums(before, one), starts: before.starts + one.starts },
      );
    }
  }
  return [...searches]
    .toSorted(([a, x], [b, y]) => y.rankings - x.rankings || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([preferences, sums]) => ({
      preferences,
      rankings: sums.rankings,
      clicked: sums.hits,
      clickRate: rateOf(sums),
      bookingStarts: sums.starts,
    }));
}
