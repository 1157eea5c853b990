import { wilson } from '../science/statistics/wilson.ts';
import { count, percent } from '../../shared/text/text.ts';
import type { Store } from '../store/open.ts';
import { tooLittleData, type Finding, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';
import {
  percentileOf,
  readLatencyHours,
  readTimings,
  slowerThan,
  storeLatency,
  type LatencyHour,
  type Timings,
} from './visitor-latency.ts';

const KIND = 'latency';
const KEYS = { bound: `${KIND}: bound`, usual: `${KIND}: usual`, late: `${KIND}: late` };
const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
/** A p95 over a bound is a share over the bound of more than this. */
const TAIL = 0.05;

/**
 * Finds rankings that visitors wait for too long: the p95 is over a bound, or far over what was usual in the hours of a week, or too
 * many pages gave up. Each is a share of pages, and is found where the lower bound of its 95 % Wilson interval is over the limit.
 * @param hours of the week before, without the current one.
 */
export function findLatency(
  lately: Timings,
  hours: readonly LatencyHour[],
  {
    windowMinutes,
    minTimings,
    maxP95Ms,
    timesUsual,
    fromMs,
    minHours,
    maxLateShare,
  }: MonitorSettings['latency'],
): Observation {
  const { timings, late } = lately;
  if (timings < minTimings) return tooLittleData(...Object.values(KEYS));
  const p95 = percentileOf(lately, 0.95)!;
  const isOver = (pages: number, limit: number) => wilson(pages, timings).low! > limit;
  const where = `of the last ${windowMinutes} minutes (${count(timings)} rankings as pages timed them)`;
  const findings: Finding[] = [];
  if (isOver(slowerThan(lately, maxP95Ms), TAIL))
    findings.push({
      key: KEYS.bound,
      kind: KIND,
      message: `visitors wait for rankings: the p95 ${where} is ${count(p95)} ms, over ${count(maxP95Ms)} ms`,
      details: { p95, maxP95Ms, timings },
    });
  const usual = usualP95(hours, { minTimings, minHours });
  const most = usual === undefined ? undefined : Math.max(fromMs, timesUsual * usual);
  if (most !== undefined && isOver(slowerThan(lately, most), TAIL))
    findings.push({
      key: KEYS.usual,
      kind: KIND,
      message: `rankings are slower than they were: the p95 ${where} is ${count(p95)} ms, and ${count(usual!)} ms was usual in the week before`,
      details: { p95, usual, timesUsual, timings },
    });
  if (isOver(late, maxLateShare))
    findings.push({
      key: KEYS.late,
      kind: KIND,
      message: `pages gave up on ${percent(late / timings, { digits: 1 })} of their rankings ${where} and kept their own order, over ${percent(maxLateShare)}`,
      details: { late, timings, maxLateShare },
    });
  return { findings, unknown: usual === undefined ? [KEYS.usual] : [] };
}

/** The median of the p95 of hours with enough timings; undefined where too few have. */
function usualP95(
  hours: readonly LatencyHour[],
  { minTimings, minHours }: Pick<MonitorSettings['latency'], 'minTimings' | 'minHours'>,
): number | undefined {
  const known = hours
    .flatMap(({ timings, p95 }) => (timings >= minTimings && p95 !== null ? [p95] : []))
    .toSorted((a, b) => a - b);
  return known.length < minHours ? undefined : known[Math.floor(known.length / 2)];
}

export async function readLatency(
  store: Store,
  settings: MonitorSettings['latency'],
  nowMs: number,
): Promise<Observation> {
  await storeLatency(store, nowMs);
  const lately = await readTimings(store, {
    from: nowMs - settings.windowMinutes * MINUTE_MS,
    to: nowMs + 1,
  });
  const current = nowMs - (nowMs % (60 * MINUTE_MS));
  const hours = await readLatencyHours(store, { from: nowMs - WEEK_MS, to: current });
  return findLatency(lately, hours, settings);
}
