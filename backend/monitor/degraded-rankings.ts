import { and, gte, sql } from 'drizzle-orm';
import { wilson } from '../science/statistics/wilson.ts';
import type { Store } from '../store/open.ts';
import { decisions } from '../store/tables.ts';
import { count, percent } from '../../shared/text/text.ts';
import { tooLittleData, found, NOTHING, type Observation } from './finding.ts';
import { ofEverySchema } from './recent-rankings.ts';
import type { MonitorSettings } from './settings.ts';

const KEY = 'degraded rankings';

/** Too large a share of rankings was answered without live weights or catalogue: the lower 95 % bound is over the limit. */
export function findDegradedRankings(
  { rankings, degraded }: { readonly rankings: number; readonly degraded: number },
  { windowMinutes, minRankings, maxShare }: MonitorSettings['degraded'],
): Observation {
  if (rankings < minRankings) return tooLittleData(KEY);
  const { rate, low } = wilson(degraded, rankings);
  if (rate === undefined || low === undefined || low <= maxShare) return NOTHING;
  return found({
    key: KEY,
    kind: KEY,
    message: `${percent(rate, { digits: 1 })} of the last ${windowMinutes} minutes' rankings (${count(degraded)} of ${count(rankings)}) were degraded, over ${100 * maxShare} %: the edge lacked live weights or catalogue`,
    details: { rankings, degraded, low, maxShare },
  });
}

export async function readDegradedRankings(
  store: Store,
  settings: MonitorSettings['degraded'],
  nowMs: number,
): Promise<Observation> {
  const [row] = await store.db
    .select({
      rankings: sql<number>`count(*)`,
      degraded: sql<number>`coalesce(sum(${decisions.degraded}), 0)`,
    })
    .from(decisions)
    .where(
      and(await ofEverySchema(store), gte(decisions.at, nowMs - settings.windowMinutes * 60_000)),
    );
  return findDegradedRankings(row, settings);
}
