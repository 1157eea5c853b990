import { duration } from '../../shared/text/text.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import type { Finding, Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

/** When things last happened, epoch ms; null: never. */
export interface LastTimes {
  readonly firstRankingAt: number | null;
  readonly rankingAt: number | null;
  readonly eventAt: number | null;
  /** Of the newest run that trained to the end. */
  readonly trainedAt: number | null;
  /** Training is scheduled. */
  readonly trainsDaily: boolean;
  readonly metricWeightsLearnedAt: number | null;
  readonly itemsChangedAt: number | null;
  readonly snapshotAt: number | null;
}

const KIND = 'stale data';
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];

/** Finds what should have happened long ago. What never happened at all is not stale: it may not be in use. */
export function findStaleData(
  last: LastTimes,
  limits: MonitorSettings['stale'],
  nowMs: number,
): Observation {
  const findings: Finding[] = [];
  const unknown: string[] = [];
  const check = (what: string, sinceMs: number | null, limitMs: number, problem: string) => {
    const key = `${KIND}: ${what}`;
    if (sinceMs === null) unknown.push(key);
    else if (nowMs - sinceMs > limitMs)
      findings.push({
        key,
        kind: KIND,
        message: `${problem}: for ${duration(nowMs - sinceMs)}, over ${duration(limitMs)}`,
        details: { since: sinceMs, limitMs },
      });
  };
  check('rankings', last.rankingAt, limits.rankingHours * HOUR_MS, 'nothing was ranked');
  // Where nothing is ranked, nothing can be clicked.
  const ranksOn =
    last.rankingAt !== null && nowMs - last.rankingAt <= limits.rankingHours * HOUR_MS;
  check(
    'feedback',
    ranksOn ? (last.eventAt ?? last.firstRankingAt) : null,
    limits.eventHours * HOUR_MS,
    'rankings are served, but no feedback came',
  );
  check(
    'training',
    last.trainsDaily ? (last.trainedAt ?? last.firstRankingAt) : null,
    limits.trainingDays * DAY_MS,
    'no training succeeded ("trimtab runs" says why)',
  );
  check(
    'metric weights',
    last.metricWeightsLearnedAt,
    limits.metricWeightDays * DAY_MS,
    'metric weights were not learned again',
  );
  check(
    'catalogue',
    last.itemsChangedAt,
    limits.catalogueDays * DAY_MS,
    'the catalogue has not changed',
  );
  const isBehind = last.itemsChangedAt !== null && (last.snapshotAt ?? 0) < last.itemsChangedAt;
  check(
    'snapshot',
    isBehind ? last.itemsChangedAt : nowMs,
    limits.snapshotMinutes * MINUTE_MS,
    'the catalogue has changes that are not at the edge',
  );
  return { findings, unknown };
}
