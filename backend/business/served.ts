import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS, floorToDay } from '../../shared/domain/utc-day.ts';
import { countedExposures, countedRankings, schemaList, searchOf } from '../log/account/counted.ts';

/** Whose rankings are told apart: by the version that ranked, by the market that was asked for, or by the arm of an experiment. */
export type Grouping =
  | { readonly by: 'version' }
  | { readonly by: 'market' }
  | { readonly by: 'arm'; readonly experiment: string; readonly unit: 'session' | 'user' };

/**
 * Rankings that people were served in a span, by the account: `rankingId`, `search`, `pageOffset`, `itemIds`, `request`, `placement`, `grp` and
 * `visitor`. By version and by market the visitor is the user, else the session; by arm it is the unit that was assigned. Where the site's own order was kept, no version served it.
 * @param to exclusive, as `from` epoch ms.
 */
export async function servedRankings(
  db: LibSQLDatabase,
  from: number,
  to: number,
  grouping: Grouping,
): Promise<SQL> {
  const within = sql`d.schemaHash in (${await schemaList(db)}) and d.at >= ${from} and d.at < ${to} and not d.siteOrder`;
  const search = searchOf(sql`d`);
  if (grouping.by !== 'arm') {
    const grp = grouping.by === 'version' ? sql`d.weights` : marketIn(sql`d.request`);
    const served = sql`(select d.rankingId, ${search} as search, d.pageOffset, d.itemIds, d.request, d.placement, ${grp} as grp, coalesce(d.userId, d.sessionId) as visitor
      from ${countedRankings} d where ${within})`;
    return grouping.by === 'version' ? served : ofFewMarkets(served);
  }
  const unit = grouping.unit === 'user' ? sql`x.userId` : sql`x.sessionId`;
  return sql`(select d.rankingId, ${search} as search, d.pageOffset, d.itemIds, d.request, d.placement, x.arm as grp, ${unit} as visitor
    from ${countedRankings} d cross join ${countedExposures} x on x.rankingId = d.rankingId
    where ${within} and x.experiment = ${grouping.experiment} and ${unit} is not null)`;
}

/** The market of a request: as its ranking was filtered by it, else as its context names it, and `none` where neither does. */
const marketIn = (request: SQL): SQL => sql`case when json_valid(${request}) then coalesce(
  ${request} ->> '$.market.name', cast(${request} ->> '$.context.market' as text), 'none') else 'none' end`;

/** As many as a catalogue may have. */
const MOST_MARKETS = 200;

/**
 * Where the catalogue has no markets, a page may write anything into `context.market`: what is no name of a market is `other`, and so are all
 * markets but the 200 that have most rankings.
 */
const ofFewMarkets = (served: SQL): SQL => sql`(with served as ${served}
  select rankingId, search, pageOffset, itemIds, request, placement, visitor, case when grp in (
    select grp from served where length(grp) <= 32 and grp not glob '*[^A-Za-z0-9_-]*'
    group by grp order by count(*) desc, grp limit ${MOST_MARKETS}) then grp else 'other' end as grp from served)`;

/** The first day of the span on which anything was logged, so that days before the log are not read one by one. */
export async function firstDay(db: LibSQLDatabase, from: number): Promise<number> {
  const [row] = await db.all<{ at: number | null }>(
    sql`select min(day) as at from session_days where day >= ${floorToDay(from)}`,
  );
  return row.at ?? Infinity;
}

/**
 * The rankings by version, one day after the other, so that no query has to read a whole span.
 * @param to exclusive. @yields what to select from, for each day.
 */
export async function* servedByDay(
  db: LibSQLDatabase,
  from: number,
  to: number,
): AsyncGenerator<SQL> {
  for (let day = await firstDay(db, from); day < to; day += DAY_MS)
    yield servedRankings(db, Math.max(from, day), Math.min(to, day + DAY_MS), { by: 'version' });
}
