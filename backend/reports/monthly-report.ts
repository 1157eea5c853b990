import { and, asc, gte, inArray, isNull, lt, or } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { alerts, metricWeights, weights } from '../store/tables.ts';
import type { Bounds } from './bounds.ts';
import { experimentsIn } from './experiments-of-month.ts';
import { liveSpans } from './live-spans.ts';
import { boundsOfMonth, type Month } from './months.ts';
import type { AlertLine, MetricWeightsLine, MonthlyReport } from './report-shape.ts';
import { rolloutsIn } from './rollouts-of-month.ts';
import { evaluationsIn, runsIn } from './training-of-month.ts';
import { versionsBetween } from './versions-of-month.ts';

/** What happened to models in a month, as one JSON value. @param nowMs where the report of an unfinished month ends. */
export async function monthlyReport(
  store: Store,
  month: Month,
  nowMs: number,
): Promise<MonthlyReport> {
  const whole = boundsOfMonth(month);
  const bounds = { from: whole.from, to: Math.min(whole.to, nowMs + 1) };
  const live = await liveSpans(store, bounds);
  const served = await versionsBetween(store, bounds.from, bounds.to);
  const ids = [...new Set([...served, ...live].map(({ version }) => version))];
  const known = await store.db
    .select({ version: weights.version, name: weights.name, kind: weights.kind })
    .from(weights)
    .where(inArray(weights.version, ids));
  return {
    month,
    ...bounds,
    isOver: whole.to <= nowMs,
    createdAt: nowMs,
    versions: served.map((figures) => {
      const own = known.find(({ version }) => version === figures.version);
      return { ...figures, name: own?.name ?? null, kind: own?.kind ?? null };
    }),
    live,
    evaluations: await evaluationsIn(store, bounds),
    runs: await runsIn(store, bounds),
    rollouts: await rolloutsIn(store, bounds),
    experiments: await experimentsIn(store, bounds),
    metricWeights: await metricWeightsIn(store, bounds),
    alerts: await alertsIn(store, bounds),
  };
}

const metricWeightsIn = (store: Store, { from, to }: Bounds): Promise<MetricWeightsLine[]> =>
  store.db
    .select({
      createdAt: metricWeights.createdAt,
      schemaName: metricWeights.schemaName,
      source: metricWeights.source,
      method: metricWeights.method,
      experimentId: metricWeights.experimentId,
      author: metricWeights.author,
      reason: metricWeights.reason,
      weights: metricWeights.weights,
      expiresAt: metricWeights.expiresAt,
    })
    .from(metricWeights)
    .where(and(gte(metricWeights.createdAt, from), lt(metricWeights.createdAt, to)))
    .orderBy(asc(metricWeights.id));

/** Alerts that were open at some time within the bounds. */
const alertsIn = (store: Store, { from, to }: Bounds): Promise<AlertLine[]> =>
  store.db
    .select({
      kind: alerts.kind,
      key: alerts.key,
      message: alerts.message,
      openedAt: alerts.openedAt,
      resolvedAt: alerts.resolvedAt,
    })
    .from(alerts)
    .where(
      and(lt(alerts.openedAt, to), or(isNull(alerts.resolvedAt), gte(alerts.resolvedAt, from))),
    )
    .orderBy(asc(alerts.id));
