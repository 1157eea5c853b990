import type {
  ArmStatistics,
  ExperimentStatistics,
} from '../../../../backend/science/experiment/experiment-statistics.ts';
import {
  adjustedRatioStatistic,
  adjustedStatistic,
  meanStatistic,
  proportionStatistic,
  ratioStatistic,
} from '../../../../backend/science/statistics/statistics.ts';
import type { MetricDefinition } from '../../../../shared/domain/metric.ts';
import { productsOf } from './products-of.ts';

/** One visitor's session, whose habit shows in all that is counted. */
export interface Session {
  readonly clicked: number;
  readonly rankings: number;
  readonly clicks: number;
  readonly dwell: number;
  readonly dwellBefore: number;
  readonly revenue: number;
  readonly rankingsBefore: number;
  readonly clicksBefore: number;
}

/** Revenue above this counts as it. */
export const CAP = 150;

export const METRICS: readonly MetricDefinition[] = [
  { name: 'click_through', kind: 'proportion', numerator: 'click', better: 'higher' },
  {
    name: 'clicks_per_ranking',
    kind: 'ratio',
    numerator: 'click',
    denominator: 'rankings',
    better: 'higher',
  },
  { name: 'dwell_seconds', kind: 'mean', numerator: 'dwell_seconds', better: 'higher' },
  {
    name: 'revenue',
    kind: 'mean',
    numerator: 'booking_value',
    better: 'higher',
    winsorShare: 0.99,
  },
];

/** @param lift added to the chance of a click per ranking, to seconds (× 10), and, as a share, to revenue. */
export function drawSession(random: () => number, lift = 0): Session {
  const habit = random();
  const count = (rate: number, tries: number) => {
    let n = 0;
    for (let i = 0; i < tries; i++) n += Number(random() < rate);
    return n;
  };
  const rankings = 1 + Math.floor(3 * random());
  const clicks = count(0.1 + 0.2 * habit + lift, rankings);
  const rankingsBefore = 1 + Math.floor(3 * random());
  const spend = random() < 0.05 + 0.1 * habit ? -50 * Math.log(1 - random()) : 0;
  return {
    clicked: Number(random() < 0.2 + 0.2 * habit + lift),
    rankings,
    clicks,
    dwell: 20 * habit + 10 * random() + 10 * lift,
    dwellBefore: 20 * habit + 10 * random(),
    revenue: spend * (1 + lift),
    rankingsBefore,
    clicksBefore: count(0.1 + 0.2 * habit, rankingsBefore),
  };
}

export const sessions = (n: number, random: () => number, lift = 0): Session[] =>
  Array.from({ length: n }, () => drawSession(random, lift));

/** @param cuped dwell and the ratio come with their values from before. */
export function armStatistics(
  arm: string,
  drawn: readonly Session[],
  { cuped = false } = {},
): ArmStatistics {
  const of = (name: keyof Session) => drawn.map((session) => session[name]);
  const ratio = { numerator: of('clicks'), denominator: of('rankings') };
  const before = { numerator: of('clicksBefore'), denominator: of('rankingsBefore') };
  return {
    arm,
    units: drawn.length,
    statistics: {
      click_through: proportionStatistic(
        of('clicked').reduce((a, b) => a + b, 0),
        drawn.length,
      ),
      clicks_per_ranking: cuped
        ? adjustedRatioStatistic(ratio, before)
        : ratioStatistic(ratio.numerator, ratio.denominator),
      dwell_seconds: cuped
        ? adjustedStatistic(of('dwell'), of('dwellBefore'))
        : meanStatistic(of('dwell')),
      revenue: meanStatistic(of('revenue'), CAP),
    },
    products: productsOf(
      [
        'click_through',
        'clicks_per_ranking/numerator',
        'clicks_per_ranking/denominator',
        'dwell_seconds',
        'revenue',
      ],
      drawn.map(({ clicked, clicks, rankings, dwell, revenue }) => [
        clicked,
        clicks,
        rankings,
        dwell,
        Math.min(revenue, CAP),
      ]),
    ),
  };
}

export const dayOf = (day: number): string =>
  new Date(Date.UTC(2026, 8, 1 + day)).toISOString().slice(0, 10);

/** Two arms in equal shares. @param cells one per arm and day: `[control, treatment]` sessions of each day. */
export function experimentOf(
  cells: readonly (readonly [readonly Session[], readonly Session[]])[],
  options: { cuped?: boolean } = {},
): ExperimentStatistics {
  return {
    experiment: 'exp_1',
    unit: 'sessions',
    arms: [
      { name: 'control', weight: 1 },
      { name: 'treatment', weight: 1 },
    ],
    metrics: METRICS,
    days: cells.flatMap((arms, day) =>
      ['control', 'treatment'].map((arm, i) => ({
        ...armStatistics(arm, arms[i], options),
        day: dayOf(day),
      })),
    ),
    segments: [],
    multipleExposure: { units: 0, of: cells.flat(2).length },
    carryOver: [],
  };
}
