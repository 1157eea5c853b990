import { sql } from 'drizzle-orm';
import { saysLate } from '../../log/account/not-shown.ts';
import type { Store } from '../../store/open.ts';
import type { Probe } from '../edge-probe.ts';
import { SPAN_MS, type SpanCounts } from './objective.ts';
import { countByPointer } from './pointer-age.ts';
import type { ObjectiveSettings } from './settings.ts';

export interface Measured {
  readonly store: Store;
  readonly probes: readonly Probe[];
  readonly settings: ObjectiveSettings;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/**
 * Counts what the log, the batches, the alerts and the probes tell of [from, to), by spans. Spans without events are left out.
 * @param from a multiple of `SPAN_MS`.
 */
export async function measure(
  { store, probes, settings }: Measured,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<SpanCounts[]> {
  return [
    ...countProbes(probes, settings, from, to),
    ...(await countTimings(store, settings, from, to)),
    ...(await countClicks(store, settings, from, to)),
    ...(await countByPointer(store, settings.rollbackToEdges.withinSeconds * SECOND_MS, from, to)),
    ...(await countNotices(store, settings, from, to)),
  ];
}

function countProbes(
  probes: readonly Probe[],
  { probeLatency }: ObjectiveSettings,
  from: number,
  to: number,
): SpanCounts[] {
  const within = probes.filter(({ at }) => at >= from && at < to);
  return [...Map.groupBy(within, ({ at }) => at - (at % SPAN_MS))].flatMap(([at, own]) => {
    const answered = own.filter(({ problem }) => problem === undefined);
    const quick = answered.filter(({ tookMs }) => tookMs <= probeLatency.withinMs);
    return [
      { objective: 'available' as const, at, good: answered.length, total: own.length },
      ...(answered.length === 0
        ? []
        : [
            {
              objective: 'probeLatency' as const,
              at,
              good: quick.length,
              total: answered.length,
            },
          ]),
    ];
  });
}

async function countTimings(
  { db }: Pick<Store, 'db'>,
  { visitorLatency }: ObjectiveSettings,
  from: number,
  to: number,
): Promise<SpanCounts[]> {
  const isLate = sql.raw(saysLate('events'));
  const rows = await db.all<{ at: number; total: number; inTime: number; quick: number }>(sql`
    select receivedAt - receivedAt % ${SPAN_MS} as at, count(*) as total, sum(not ${isLate}) as inTime,
      sum(not ${isLate} and value <= ${visitorLatency.withinMs}) as quick
    from events
    where receivedAt >= ${from} and receivedAt < ${to}
      and type = 'timing' and value is not null and coalesce(fault, '') = ''
    group by 1`);
  return rows.flatMap(({ at, total, inTime, quick }) => [
    { objective: 'inTime' as const, at, good: inTime, total },
    { objective: 'visitorLatency' as const, at, good: quick, total },
  ]);
}

/** A batch is as late as its oldest event: it is sent as one. Of batches from before that was stored, its newest entry is what is known. */
async function countClicks(
  { db }: Pick<Store, 'db'>,
  { clickToDatabase }: ObjectiveSettings,
  from: number,
  to: number,
): Promise<SpanCounts[]> {
  const within = clickToDatabase.withinSeconds * SECOND_MS;
  const rows = await db.all<{ at: number; good: number; total: number }>(sql`
    select committedAt - committedAt % ${SPAN_MS} as at, sum(events) as total,
      sum(case when coalesce(oldestEventMs, lagMs, 0) <= ${within} then events else 0 end) as good
    from batches where committedAt >= ${from} and committedAt < ${to} and events > 0
    group by 1`);
  return rows.map((row) => ({ objective: 'clickToDatabase', ...row }));
}

/** Notices of alerts that were silenced are late on purpose, and one that may still be in time says nothing yet. */
async function countNotices(
  { db }: Pick<Store, 'db'>,
  { alertDelay }: ObjectiveSettings,
  from: number,
  to: number,
): Promise<SpanCounts[]> {
  const within = alertDelay.withinMinutes * MINUTE_MS;
  const rows = await db.all<{ at: number; good: number; total: number }>(sql`
    select a.openedAt - a.openedAt % ${SPAN_MS} as at, count(*) as total,
      sum(coalesce(n.takenAt - a.openedAt <= ${within}, 0)) as good
    from alert_notices n join alerts a on a.id = n.alertId
    where n.type = 'opened' and a.openedAt >= ${from} and a.openedAt < ${to}
      and (n.takenAt is not null or a.openedAt < ${to - within})
      and not exists (select 1 from alert_silences s
        where s.key = a.key and s.at <= a.openedAt + ${within} and s.until > a.openedAt)
    group by 1`);
  return rows.map((row) => ({ objective: 'alertDelay', ...row }));
}
