import { studentQuantile } from '../../evaluate/distributions.ts';
import type { Store } from '../../store/open.ts';
import { DAY_MS, dayOf, startOfDay, type UtcDay } from '../../training-data/utc-day.ts';
import { readDayRates, type DayRates } from '../daily-rates.ts';
import { FEEDBACK_WITHIN_MS } from '../feedback-window.ts';
import type { Observation } from '../finding.ts';
import type { MonitorSettings } from '../settings.ts';

type Settings = MonitorSettings['metrics'];

/** The rate of one metric on one day. */
export interface DailyRate {
  readonly day: UtcDay;
  readonly rankings: number;
  /** Rankings in which it happened. */
  readonly hits: number;
}

export type DayVerdict =
  | { readonly kind: 'untold'; readonly why: string }
  | {
      readonly kind: 'as usual' | 'dropped';
      readonly rate: number;
      /** Of such a weekday, and the least that chance leaves of it. */
      readonly expected: number;
      readonly atLeast: number;
    };

/** σ of a normal from the median of absolute errors, and how much of the sample that median is worth. */
const MAD_TO_SIGMA = 1.4826;
const MAD_EFFICIENCY = 0.37;

/**
 * A one-sided prediction bound for a day: the median of the same weekday before, less `t · s`, where s is the robust
 * spread (1.4826 · MAD) of how far each trailing day lay from the median of its weekday's others, and at least
 * binomial. Medians, so that a fall that lasts does not soon count as usual: its own days are outliers until they are
 * half of the window. (Leys et al., J. Exp. Soc. Psychol. 49, 2013; the MAD's efficiency of 37 % gives the degrees of
 * freedom.)
 */
export function judgeDay(
  judged: DailyRate,
  trailing: readonly DailyRate[],
  { minRankings, minDays, alpha, minDrop }: Settings,
): DayVerdict {
  if (judged.rankings < minRankings)
    return { kind: 'untold', why: `${judged.rankings} of ${minRankings} rankings` };
  const days = trailing.filter(({ rankings }) => rankings >= minRankings);
  const like = (day: UtcDay) => days.filter((other) => weekdayOf(other.day) === weekdayOf(day));
  const same = like(judged.day);
  if (days.length < minDays || same.length < 2)
    return { kind: 'untold', why: `${days.length} of ${minDays} days before` };
  const errors = days.flatMap((day) => {
    const others = like(day.day).filter((other) => other !== day);
    return others.length === 0 ? [] : [Math.abs(rateOf(day) - median(others.map(rateOf)))];
  });
  const expected = median(same.map(rateOf));
  const binomial = Math.sqrt(
    expected * (1 - expected) * (1 / judged.rankings + 1 / sum(same.map((day) => day.rankings))),
  );
  const spread = Math.max(MAD_TO_SIGMA * median(errors), binomial);
  const df = Math.max(2, MAD_EFFICIENCY * errors.length);
  const atLeast = Math.max(0, expected + studentQuantile(alpha, df) * spread);
  const rate = rateOf(judged);
  const isDrop = rate < atLeast && rate < expected * (1 - minDrop);
  return { kind: isDrop ? 'dropped' : 'as usual', rate, expected, atLeast };
}

const METRICS = [
  { name: 'click-through', of: ({ clicked }: DayRates) => clicked },
  { name: 'bookings', of: ({ booked }: DayRates) => booked },
] as const;

/** Looks at the last day whose feedback had its time. @param days it, and those before; in order. */
export function findDegradedMetrics(days: readonly DayRates[], settings: Settings): Observation {
  const findings = [];
  const untold = [];
  for (const { name, of } of METRICS) {
    const key = `degraded metrics: ${name}`;
    const rates = days.map((day) => ({ day: day.day, rankings: day.rankings, hits: of(day) }));
    const judged = rates.at(-1)!;
    const verdict = judgeDay(judged, rates.slice(0, -1), settings);
    if (verdict.kind === 'untold') untold.push(key);
    if (verdict.kind !== 'dropped') continue;
    const { rate, expected, atLeast } = verdict;
    findings.push({
      key,
      kind: 'degraded metrics' as const,
      message: `${name} fell to ${percent(rate)} of ${judged.rankings.toLocaleString('en')} rankings on ${judged.day}: by the ${settings.trailingDays} days before, ${percent(expected)} was expected and ${percent(atLeast)} the least`,
      details: { metric: name, ...judged, rate, expected, atLeast },
    });
  }
  return { findings, untold };
}

export interface DegradedMetricsDeps {
  readonly store: Store;
  readonly settings: MonitorSettings;
}

/** Days that are over do not change: each is read once. */
export function degradedMetrics({ store, settings }: DegradedMetricsDeps) {
  const known = new Map<UtcDay, DayRates>();
  return async (nowMs: number): Promise<Observation> => {
    const last = startOfDay(dayOf(nowMs - FEEDBACK_WITHIN_MS)) - DAY_MS;
    const count = settings.metrics.trailingDays + 1;
    const wanted = Array.from({ length: count }, (_, i) => dayOf(last - (count - 1 - i) * DAY_MS));
    for (const day of known.keys()) if (!wanted.includes(day)) known.delete(day);
    for (const day of wanted) if (!known.has(day)) known.set(day, await readDayRates(store, day));
    return findDegradedMetrics(
      wanted.map((day) => known.get(day)!),
      settings.metrics,
    );
  };
}

const rateOf = ({ hits, rankings }: DailyRate): number => hits / rankings;
const weekdayOf = (day: UtcDay): number => new Date(startOfDay(day)).getUTCDay();
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
