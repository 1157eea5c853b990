import { sql } from 'drizzle-orm';
import { schemaList } from '../log/account/counted.ts';
import type { Probe } from '../monitor/edge-probe.ts';
import { percentileOf, readTimings, type Timings } from '../monitor/visitor-latency.ts';
import { readObjectives, type Objective } from '../monitor/objectives/read-objectives.ts';
import type { ObjectiveSettings } from '../monitor/objectives/settings.ts';
import type { Metrics } from '../process/metrics.ts';
import type { Store } from '../store/open.ts';

const WINDOW_MS = 15 * 60_000;
/** Scrapes of several Prometheus servers share a reading of the log. */
const FRESH_MS = 10_000;

interface Recent {
  readonly at: number;
  readonly timings: Timings;
  readonly rankings: number;
  readonly degraded: number;
  readonly counted: number;
  readonly refused: number;
  readonly objectives: readonly Objective[];
}

/** Sets the gauges of what the log says of the last minutes, and of the last probe. What is not known has no value. */
export function recentGauges({
  store,
  metrics,
  probes,
  objectives: settings,
  nowMs,
}: {
  readonly store: Store;
  readonly metrics: Metrics;
  readonly probes: () => readonly Probe[];
  readonly objectives: ObjectiveSettings;
  readonly nowMs: () => number;
}): () => Promise<void> {
  let known: Recent | undefined;
  return async () => {
    const now = nowMs();
    if (known === undefined || Math.abs(now - known.at) >= FRESH_MS)
      known = await readRecent(store, settings, now);
    const { timings, rankings, degraded, counted, refused, objectives } = known;
    metrics.clear('trimtab_visitor_latency_ms');
    metrics.clear('trimtab_visitor_late_share');
    metrics.set('trimtab_visitor_timings', timings.timings);
    if (timings.timings > 0) {
      for (const quantile of [0.5, 0.95, 0.99])
        metrics.set('trimtab_visitor_latency_ms', percentileOf(timings, quantile)!, {
          quantile: String(quantile),
        });
      metrics.set('trimtab_visitor_late_share', timings.late / timings.timings);
    }
    metrics.set('trimtab_recent_rankings', rankings - degraded, { state: 'whole' });
    metrics.set('trimtab_recent_rankings', degraded, { state: 'degraded' });
    metrics.set('trimtab_recent_events', counted, { state: 'counted' });
    metrics.set('trimtab_recent_events', refused, { state: 'refused' });
    tellObjectives(metrics, objectives);
    const last = probes().at(-1);
    if (last === undefined) return;
    metrics.set('trimtab_edge_probe_up', last.problem === undefined ? 1 : 0);
    if (last.problem === undefined) metrics.set('trimtab_edge_probe_ms', last.tookMs);
  };
}

const OBJECTIVE_SERIES = [
  'trimtab_objective_target',
  'trimtab_objective_held',
  'trimtab_objective_budget_left',
  'trimtab_objective_burn_rate',
] as const;

/** What has no events yet has no value. */
function tellObjectives(metrics: Metrics, objectives: readonly Objective[]): void {
  for (const name of OBJECTIVE_SERIES) metrics.clear(name);
  for (const { name: objective, target, good, total, budgetLeft, burnRates } of objectives) {
    metrics.set('trimtab_objective_target', target, { objective });
    if (budgetLeft === null) continue;
    metrics.set('trimtab_objective_held', good / total, { objective });
    metrics.set('trimtab_objective_budget_left', budgetLeft, { objective });
    for (const { windowMs, rate } of burnRates)
      if (rate !== null)
        metrics.set('trimtab_objective_burn_rate', rate, {
          objective,
          window: `${windowMs / 60_000}m`,
        });
  }
}

async function readRecent(store: Store, settings: ObjectiveSettings, now: number): Promise<Recent> {
  const from = now - WINDOW_MS;
  const { db } = store;
  const [ranked] = await db.all<{ rankings: number; degraded: number }>(sql`
    select count(*) as rankings, coalesce(sum(degraded), 0) as degraded
    from decisions where schemaHash in (${await schemaList(db)}) and at >= ${from}`);
  const [came] = await db.all<{ counted: number; refused: number }>(sql`
    select coalesce(sum(fault = ''), 0) as counted, coalesce(sum(fault <> ''), 0) as refused
    from events where receivedAt >= ${from}`);
  return {
    at: now,
    timings: await readTimings(store, { from, to: now + 1 }),
    ...ranked,
    ...came,
    objectives: await readObjectives(store, settings, now),
  };
}
