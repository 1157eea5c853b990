import { studentQuantile } from '../science/statistics/distributions.ts';
import type { Account } from '../log/account/account.ts';
import { readAccount } from '../log/account/log-mark.ts';
import type { Store } from '../store/open.ts';
import { count, percent } from '../../shared/text/text.ts';
import { DAY_MS, dayOf, startOfDay, type UtcDay } from '../../shared/domain/utc-day.ts';
import { readDayRates, type DayRates } from './daily-rates.ts';
import { sum } from '../science/statistics/matrix.ts';
import { FEEDBACK_WITHIN_MS } from './feedback-window.ts';
import type { Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

type Settings = MonitorSettings['metrics'];

/** The rate of one metric on one day. */
export interface DailyRate {
  readonly day: UtcDay;
  readonly rankings: number;
  /** Rankings that were clicked, or booked. */
  readonly hits: number;
}

export type DayVerdict =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'as usual' | 'dropped' | 'risen';
      readonly rate: number;
      /** The usual rate of this weekday, and the bound of its prediction interval on the side of the day; the lower one of a usual day. */
      readonly expected: number;
      readonly limit: number;
    };

/**
 * A prediction interval for a day, on log-odds: the mean of the same weekday before, ± `t(1 − alpha, df) · √(s² (1 + 1/n))`,
 * with s² pooled within weekdays and at least binomial, df = days − weekdays (Montgomery, Introduction to Linear
 * Regression Analysis, 2.5; the weekday as the one factor).
 */
export function judgeDay(
  judged: DailyRate,
  before: readonly DailyRate[],
  { minRankings, minDays, alpha, minDrop }: Settings,
): DayVerdict {
  if (judged.rankings < minRankings) return { kind: 'unknown' };
  const days = before.filter(({ rankings }) => rankings >= minRankings);
  const byWeekday = Map.groupBy(days, ({ day }) => weekdayOf(day));
  const same = byWeekday.get(weekdayOf(judged.day))?.map(logOddsOf) ?? [];
  if (days.length < minDays || same.length < 2) return { kind: 'unknown' };
  const squares = [...byWeekday.values()].flatMap((alike) => {
    const values = alike.map(logOddsOf);
    return values.map((value) => (value - mean(values)) ** 2);
  });
  const df = days.length - byWeekday.size;
  const expected = mean(same);
  const share = shareOf(expected);
  const chance = (rankings: number) => 1 / (rankings * share * (1 - share));
  const pooled = sum(squares) / df;
  // A day with fewer rankings than the others varies more than they do.
  const own = chance(judged.rankings);
  const fewer = Math.max(0, own - mean(days.map(({ rankings }) => chance(rankings))));
  const variance = Math.max(pooled + fewer, own) * (1 + 1 / same.length);
  const half = -studentQuantile(alpha, df) * Math.sqrt(variance);
  const figures = {
    rate: judged.hits / judged.rankings,
    expected: share,
  };
  const [atLeast, atMost] = [shareOf(expected - half), shareOf(expected + half)];
  // On log-odds, as the days before: a day without hits is then not below earlier days without hits.
  const seen = logOddsOf(judged);
  if (seen < expected - half && figures.rate < share * (1 - minDrop))
    return { kind: 'dropped', limit: atLeast, ...figures };
  if (seen > expected + half) return { kind: 'risen', limit: atMost, ...figures };
  return { kind: 'as usual', limit: atLeast, ...figures };
}

/**
 * The verdict on the last of some days. Days that were unusual when they came are left out of what later days are
 * compared with. So a fall that lasts is reported until half of the trailing days are over; then it is the new usual.
 */
export function judgeLast(days: readonly DailyRate[], settings: Settings): DayVerdict {
  const usual: DailyRate[] = [];
  let verdict: DayVerdict = { kind: 'unknown' };
  for (const day of days) {
    const from = startOfDay(day.day) - settings.trailingDays * DAY_MS;
    const trailing = usual.filter((other) => startOfDay(other.day) >= from);
    verdict = judgeDay(day, trailing, settings);
    if (verdict.kind === 'unknown' || verdict.kind === 'as usual') usual.push(day);
  }
  return verdict;
}

/**
 * Satisfaction is the mean score of those who answered the survey. Of scores between 0 and 1 no distribution varies more than that of 0 and 1
 * alone with the same mean, so to judge it as a rate is to err on the side of silence. Where more items are dismissed, that is the fall.
 */
const METRICS = [
  {
    name: 'click-through',
    worse: 'dropped',
    per: 'rankings',
    of: ({ clicked }: DayRates) => clicked,
  },
  { name: 'bookings', worse: 'dropped', per: 'rankings', of: ({ booked }: DayRates) => booked },
  {
    name: 'satisfaction',
    worse: 'dropped',
    per: 'answered',
    of: ({ satisfaction }: DayRates) => satisfaction,
  },
  {
    name: 'not interested',
    worse: 'risen',
    per: 'rankings',
    of: ({ dismissed }: DayRates) => dismissed,
  },
] as const;

/** Judges the last day whose feedback is complete. @param days that day and those before it, in order. */
export function findDegradedMetrics(days: readonly DayRates[], settings: Settings): Observation {
  const findings = [];
  const unknown = [];
  for (const { name, worse, per, of } of METRICS) {
    const key = `degraded metrics: ${name}`;
    const rates = days.map((day) => ({ day: day.day, rankings: day[per], hits: of(day) }));
    const judged = rates.at(-1)!;
    const least = per === 'answered' ? settings.minAnswers : settings.minRankings;
    const verdict = judgeLast(rates, { ...settings, minRankings: least });
    if (verdict.kind === 'unknown') unknown.push(key);
    if (verdict.kind !== worse) continue;
    const { rate, expected, limit } = verdict;
    if (worse === 'risen' && rate <= expected * (1 + settings.minDrop)) continue;
    const [moved, end] = worse === 'dropped' ? ['fell', 'least'] : ['rose', 'most'];
    const what = per === 'answered' ? 'answers' : 'rankings';
    findings.push({
      key,
      kind: 'degraded metrics' as const,
      message: `${name} ${moved} to ${rateText(rate)} of ${count(judged.rankings)} ${what} on ${judged.day}: by the ${settings.trailingDays} days before, ${rateText(expected)} was expected and ${rateText(limit)} the ${end}`,
      details: {
        metric: name,
        ...judged,
        rate,
        expected,
        [worse === 'dropped' ? 'atLeast' : 'atMost']: limit,
      },
    });
  }
  return { findings, unknown };
}

export interface DegradedMetricsDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly settings: MonitorSettings;
}

/** Days that are closed do not change, so each of them is read once. */
export function degradedMetrics({ store, account, settings }: DegradedMetricsDeps) {
  const known = new Map<UtcDay, DayRates>();
  return async (nowMs: number): Promise<Observation> => {
    const last = startOfDay(dayOf(nowMs - FEEDBACK_WITHIN_MS)) - DAY_MS;
    // Twice the trailing days, because each day that the last one is compared with is judged itself.
    const many = 2 * settings.metrics.trailingDays + 1;
    const wanted = Array.from({ length: many }, (_, i) => dayOf(last - (many - 1 - i) * DAY_MS));
    for (const day of known.keys()) if (!wanted.includes(day)) known.delete(day);
    await account.update();
    const { closedBefore } = await readAccount(store.db);
    const days: DayRates[] = [];
    for (const day of wanted) {
      const rates = known.get(day) ?? (await readDayRates(store, day));
      if (startOfDay(day) < closedBefore) known.set(day, rates);
      days.push(rates);
    }
    return findDegradedMetrics(days, settings.metrics);
  };
}

/** Weekdays differ by factors, which are sums on this scale. A half is added on both sides, as a day may have no hits. */
const logOddsOf = ({ hits, rankings }: DailyRate): number =>
  Math.log((hits + 0.5) / (rankings - hits + 0.5));
const shareOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
const weekdayOf = (day: UtcDay): number => new Date(startOfDay(day)).getUTCDay();
const mean = (values: readonly number[]) => sum(values) / values.length;
const rateText = (rate: number) => percent(rate, { digits: 2 });
