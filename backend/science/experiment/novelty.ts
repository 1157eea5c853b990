import { normalCdf, normalQuantile } from '../statistics/distributions.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { type Effect, effectOf } from '../statistics/effect.ts';
import type { TestResult } from '../statistics/fixed-test.ts';
import {
  MINIMUM_PER_ARM,
  type NoAnswer,
  noSpread,
  notEnoughData,
  type Unit,
  unequalTime,
} from '../statistics/unavailable.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';
import { type Statistic } from '../statistics/statistics.ts';
import { unitsOf } from '../statistics/kinds/index.ts';

/** Both arms' statistics of one metric among the units first exposed on one day. */
export interface DayArms {
  /** `2026-11-22`. */
  readonly day: string;
  readonly control: Statistic;
  readonly treatment: Statistic;
}

export interface Novelty {
  readonly kind: 'novelty';
  readonly days: readonly {
    readonly day: string;
    /** Days since the first. */
    readonly since: number;
    readonly estimate: number;
    readonly standardError: number;
  }[];
  /** How much the absolute effect changes per day. */
  readonly slope: number;
  readonly standardError: number;
  /** Of one look at a time fixed beforehand. */
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
  /** Always valid; it decides on the trend. */
  readonly sequential: TestResult;
  /**
   * `novelty`: the effect gets worse by the day, so that what was new is wearing off; `primacy`: it gets better, so that
   * people are learning (Kohavi, Tang & Xu, 2020, ch. 23). The whole's effect then is not the one that stays.
   */
  readonly trend: 'none' | 'novelty' | 'primacy';
}

export interface NoveltyOptions {
  readonly better?: 'higher' | 'lower';
  readonly alpha?: number;
  readonly minimumPerArm?: number;
  readonly minimumDays?: number;
  readonly unit?: Unit;
}

/**
 * Straight line through the effect per day since the start, by weighted least squares: a day's weight is
 * `h = n_c n_t / (n_c + n_t)` (of sizes alone, as in `combineStrata`), and
 * `Var(slope) = Σ h² (x − x̄)² SE² / (Σ h (x − x̄)²)²`. Days with fewer than two units in an arm are left out.
 * By the day slopes have independent increments on the clock of their information (Scharfstein, Tsiatis & Robins, 1997),
 * here the units of an equal split that would tell an effect as well as these tell the change in a week, so the trend may be
 * read daily.
 * No answer where users are the unit: those of the first days have had longer to act, so that an effect that stays looks as
 * if it wore off.
 */
export function noveltyOf(
  days: readonly DayArms[],
  {
    better = 'higher',
    alpha = 0.05,
    minimumPerArm = MINIMUM_PER_ARM,
    minimumDays = 7,
    unit = 'sessions',
  }: NoveltyOptions = {},
): Novelty | NoAnswer {
  if (unit === 'users') return unequalTime();
  const units = (arm: 'control' | 'treatment') =>
    days.reduce((sum, day) => sum + unitsOf(day[arm]), 0);
  const fewest = Math.min(units('control'), units('treatment'));
  if (fewest < minimumPerArm) return notEnoughData(fewest, minimumPerArm, unit);
  const start = Math.min(...days.map(({ day }) => Date.parse(day)));
  const found = days.flatMap(({ day, control, treatment }) => {
    const effect = effectOf(control, treatment, { minimumPerArm: 2 });
    const since = Math.round((Date.parse(day) - start) / DAY_MS);
    return effect.kind === 'effect' ? [{ day, since, effect }] : [];
  });
  if (found.length < minimumDays) return notEnoughData(found.length, minimumDays, 'days');

  const weights = found.map(({ effect }) => weightOf(effect));
  const total = sum(weights);
  const centre = sum(found.map(({ since }, i) => weights[i] * since)) / total;
  const pull = found.map(({ since }, i) => weights[i] * (since - centre));
  const spread = sum(found.map(({ since }, i) => pull[i] * (since - centre)));
  if (!(spread > 0)) return noSpread();
  const slope = sum(found.map(({ effect }, i) => pull[i] * effect.estimate)) / spread;
  const standardError =
    Math.sqrt(sum(found.map(({ effect }, i) => (pull[i] * effect.standardError) ** 2))) / spread;
  const pValue = 2 * normalCdf(-Math.abs(slope / standardError));
  const half = -normalQuantile(alpha / 2) * standardError;
  const sequential = sequentialTest(
    { estimate: slope, standardError, df: Infinity, n: (4 * spread) / DAYS_OF_WEEK ** 2 },
    { alpha },
  );
  const isBetter = better === 'higher' ? slope > 0 : slope < 0;
  return {
    kind: 'novelty',
    days: found.map(({ day, since, effect }) => ({
      day,
      since,
      estimate: effect.estimate,
      standardError: effect.standardError,
    })),
    slope,
    standardError,
    low: slope - half,
    high: slope + half,
    pValue,
    sequential,
    trend: sequential.pValue >= alpha ? 'none' : isBetter ? 'primacy' : 'novelty',
  };
}

const DAYS_OF_WEEK = 7;

const weightOf = ({ control, treatment }: Effect): number =>
  (control.n * treatment.n) / (control.n + treatment.n);

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
