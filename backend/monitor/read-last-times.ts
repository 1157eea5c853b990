import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { lastEventAt } from '../log/row-counts.ts';
import { schemasWithRankings } from '../log/account/log-mark.ts';
import type { LastTimes } from './stale-data.ts';

/** Each time is one lookup in an index or in a small table. */
export async function readLastTimes(store: Store, trainsDaily: boolean): Promise<LastTimes> {
  const { db } = store;
  let [firstRankingAt, rankingAt]: (number | null)[] = [null, null];
  for (const hash of await schemasWithRankings(db)) {
    const [row] = await db.all<{ first: number; last: number }>(sql`
      select (select min(at) from decisions where schemaHash = ${hash}) as first,
        (select max(at) from decisions where schemaHash = ${hash}) as last`);
    firstRankingAt = Math.min(firstRankingAt ?? row.first, row.first);
    rankingAt = Math.max(rankingAt ?? row.last, row.last);
  }
  // Comparisons of learners are runs with a `kind`, and are no training. Metric weights that abstain are stored once,
  // however often they are learned again, so their age says nothing.
  const [row] = await db.all<
    Omit<LastTimes, 'firstRankingAt' | 'rankingAt' | 'eventAt' | 'trainsDaily'>
  >(sql`
    select (select max(finishedAt) from runs
        where status = 'done' and json_extract(params, '$.kind') is null) as trainedAt,
      (select max(createdAt) from (
          select createdAt, details, max(id) from metric_weights where source = 'learned' group by method)
        where json_extract(details, '$.abstains') is null) as metricWeightsLearnedAt,
      (select max(updatedAt) from items) as itemsChangedAt,
      (select max(publishedAt) from snapshots) as snapshotAt`);
  return { firstRankingAt, rankingAt, eventAt: await lastEventAt(store), trainsDaily, ...row };
}
