import { normalCdf, normalQuantile } from '../statistics/distributions.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { effectOf } from '../statistics/effect.ts';
import type { TestResult } from '../statistics/fixed-test.ts';
import {
  MINIMUM_PER_ARM,
  type Unavailable,
  noSpread,
  notEnoughData,
  type Unit,
  unequalFollowUp,
} from '../statistics/unavailable.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';
import { sum } from '../statistics/matrix.ts';
import { type Statistic } from '../statistics/statistics.ts';
import { stratumWeight } from '../statistics/strata.ts';
import { unitsOf } from '../statistics/statistic-kinds.ts';

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
    /** Days since the first day. */
    readonly since: number;
    readonly estimate: number;
    readonly standardError: number;
  }[];
  /** Change of the absolute effect per day. */
  readonly slope: number;
  readonly standardError: number;
  /** Fixed-horizon interval of the slope at level 1 − alpha, valid for a single look at a time fixed in advance. */
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
  /** Always-valid test of the slope, which decides on the trend. */
  readonly sequential: TestResult;
  /**
   * `novelty`: the effect decreases by the day, because the novelty wears off; `primacy`: it increases, because people
   * are still learning the change (Kohavi, Tang & Xu, 2020, ch. 23). In both cases the overall effect is not the
   * lasting one.
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
 * Trend of the effect over the days, a straight line by weighted least squares. A day's weight is
 * `h = n_c n_t / (n_c + n_t)` (by sizes only, see `combineStrata`), and
 * `Var(slope) = Σ h² (x − x̄)² SE² / (Σ h (x − x̄)²)²`. Days with fewer than two units in an arm are left out. The
 * slope may be read daily, because its increments are independent in information time (Scharfstein, Tsiatis & Robins,
 * 1997). Information is expressed in units: those of an equal split that would estimate an effect as precisely as these
 * estimate the change within a week. Unavailable where users are the unit: those of the first days have had longer to
 * act, so that a constant effect would look as if it decreased.
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
): Novelty | Unavailable {
  if (unit === 'users') return unequalFollowUp();
  const units = (arm: 'control' | 'treatment') => sum(days.map((day) => unitsOf(day[arm])));
  const fewest = Math.min(units('control'), units('treatment'));
  if (fewest < minimumPerArm) return notEnoughData(fewest, minimumPerArm, unit);
  const start = Math.min(...days.map(({ day }) => Date.parse(day)));
  const found = days.flatMap(({ day, control, treatment }) => {
    const effect = effectOf(control, treatment, { minimumPerArm: 2, hypothesis: 0 });
    const since = Math.round((Date.parse(day) - start) / DAY_MS);
    return effect.kind === 'effect' ? [{ day, since, effect }] : [];
  });
  if (found.length < minimumDays) return notEnoughData(found.length, minimumDays, 'days');

  const weights = found.map(({ effect }) => stratumWeight(effect));
  const total = sum(weights);
  const centre = sum(found.map(({ since }, i) => weights[i] * since)) / total;
  const leverage = found.map(({ since }, i) => weights[i] * (since - centre));
  const squares = sum(found.map(({ since }, i) => leverage[i] * (since - centre)));
  if (!(squares > 0)) return noSpread();
  const slope = sum(found.map(({ effect }, i) => leverage[i] * effect.estimate)) / squares;
  const standardError =
    Math.sqrt(sum(found.map(({ effect }, i) => (leverage[i] * effect.standardError) ** 2))) /
    squares;
  const pValue = 2 * normalCdf(-Math.abs(slope / standardError));
  const half = -normalQuantile(alpha / 2) * standardError;
  const sequential = sequentialTest(
    { estimate: slope, standardError, df: Infinity, n: (4 * squares) / DAYS_PER_WEEK ** 2 },
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

const DAYS_PER_WEEK = 7;
