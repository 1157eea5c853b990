import { and, eq, gte, lt, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { events, exposures, experiments } from '../store/tables.ts';
import type { ExperimentStatistics } from './analysis/experiment-statistics.ts';
import { proportionStatistic } from './analysis/statistics.ts';

export async function collectStatistics(
  store: Store,
  experiment: typeof experiments.$inferSelect,
  window: { readonly from?: number; readonly to?: number } = {},
): Promise<ExperimentStatistics> {
  const clicked = sql<number>`count(distinct case when exists (select 1 from ${events} where ${events.rankingId} = ${exposures.rankingId} and ${events.type} = 'click') then ${exposures.sessionId} end)`;
  const units = sql<number>`count(distinct ${exposures.sessionId})`;
  const rows = await store.db
    .select({ arm: exposures.arm, units, clicked })
    .from(exposures)
    .where(
      and(
        eq(exposures.experiment, experiment.id),
        gte(exposures.at, window.from ?? 0),
        lt(exposures.at, window.to ?? Number.MAX_SAFE_INTEGER),
      ),
    )
    .groupBy(exposures.arm);
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
