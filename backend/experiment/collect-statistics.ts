import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import type { experiments } from '../store/tables.ts';
import type { ExperimentStatistics } from './analysis/experiment-statistics.ts';
import { proportionStatistic } from './analysis/statistics.ts';

export async function collectStatistics(
  store: Store,
  experiment: typeof experiments.$inferSelect,
  window: { readonly from?: number; readonly to?: number } = {},
): Promise<ExperimentStatistics> {
  const rows = await store.db.all<{ arm: string; units: number; clicked: number }>(sql`
    select arm, count(*) as units, sum(clicked) as clicked from (
      select sessionId, min(arm) as arm, max(exists (select 1 from events e where e.rankingId = x.rankingId and e.type = 'click')) as clicked
      from exposures x where experiment = ${experiment.id} and at >= ${window.from ?? 0} and at <= ${window.to ?? Number.MAX_SAFE_INTEGER}
      group by sessionId having min(arm) = max(arm)) group by arm`);
  return {
    experiment: experiment.id,
    unit: 'sessions',
    arms: experiment.arms,
    metrics: experiment.metrics,
    days: rows.map((row) => ({
      arm: row.arm,
      day: '',
      units: row.units,
      statistics: { click_through: proportionStatistic(row.clicked, row.units) },
      products: { n: row.units, columns: [], sums: [], products: [] },
    })),
    segments: [],
    multipleExposure: { units: 0, of: 0 },
    carryOver: [],
  };
}
