import { rateOf } from '../reports/rate.ts';
import { effectOf, momentsOf } from '../science/statistics/effect.ts';
import { studentQuantile } from '../science/statistics/distributions.ts';
import {
  meanStatistic,
  ratioStatistic,
  type RatioStatistic,
} from '../science/statistics/statistics.ts';
import { added, NOTHING, type Did } from './visitor-sums.ts';

/** A figure with its 95 % interval over visitors; the ends are absent where too few did it for one to hold. */
export interface Estimate {
  readonly value: number | null;
  readonly low?: number;
  readonly high?: number;
}

/** An interval by Student's t needs so many visitors, and so many of them who did it at all. */
const LEAST_VISITORS = 30;
const LEAST_DOING = 10;

/** What visitors did on average. All intervals are clustered by visitor: what one does again and again is one piece of evidence. */
export interface Averages {
  readonly visitors: number;
  readonly sums: Did;
  /** Share of searches in which something was clicked. */
  readonly clickThrough: Estimate;
  /** Bookings started ÷ clicks. */
  readonly conversion: Estimate;
  readonly revenuePerVisitor: Estimate;
  /** Mean length of a look at an item. */
  readonly dwellSeconds: Estimate;
  /** Mean answer to the survey, from 0 to 1. */
  readonly satisfaction: Estimate;
  /** Items that were said to be of no interest ÷ searches. */
  readonly dismissalsPerSearch: Estimate;
}

export function averagesOf(visitors: readonly Did[]): Averages {
  const sums = visitors.reduce(added, NOTHING);
  const of = (what: keyof Did) => visitors.map((one) => one[what]);
  const clicks = ratioStatistic(of('clicked'), of('rankings'));
  const { rate, low, high } = rateOf({
    sessions: visitors.length,
    rankings: sums.rankings,
    hits: sums.clicked,
    rankingsSquared: clicks.denominator.kind === 'mean' ? clicks.denominator.sumSquares : 0,
    hitsSquared: clicks.numerator.kind === 'mean' ? clicks.numerator.sumSquares : 0,
    products: clicks.sumProducts,
  });
  return {
    visitors: visitors.length,
    sums,
    clickThrough: { value: rate ?? null, ...(rate !== undefined && { low, high }) },
    conversion: ratioOf(of('bookingStarts'), of('clicks')),
    revenuePerVisitor: ratioOf(
      of('revenue'),
      visitors.map(() => 1),
    ),
    dwellSeconds: ratioOf(of('dwellSeconds'), of('dwells')),
    satisfaction: ratioOf(of('answerScores'), of('answers'), 1),
    dismissalsPerSearch: ratioOf(of('dismissals'), of('rankings')),
  };
}

/**
 * Σ numerator / Σ denominator with a 95 % interval by the delta method over visitors (Deng, Knoblich & Lu, KDD 2018). None of the
 * figures here is below 0, so no interval is. @param most what none is above.
 */
export function ratioOf(
  numerator: readonly number[],
  denominator: readonly number[],
  most = Infinity,
): Estimate {
  const statistic: RatioStatistic = ratioStatistic(numerator, denominator);
  if (statistic.denominator.sum === 0) return { value: null };
  const value = statistic.numerator.sum / statistic.denominator.sum;
  const counted = denominator.filter((n) => n !== 0).length;
  const doing = numerator.filter((n) => n !== 0).length;
  if (counted < LEAST_VISITORS || doing < LEAST_DOING) return { value };
  const n = numerator.length;
  const half = studentQuantile(0.975, counted - 1) * Math.sqrt(momentsOf(statistic).variance / n);
  return { value, low: Math.max(0, value - half), high: Math.min(most, value + half) };
}

/** By how much more one group of visitors brought than another, per visitor (Welch). */
export function revenueDifference(of: readonly Did[], against: readonly Did[]): Estimate {
  const revenue = (visitors: readonly Did[]) => visitors.map((one) => one.revenue);
  const paying = (visitors: readonly Did[]) => visitors.filter((one) => one.revenue !== 0).length;
  if (of.length === 0 || against.length === 0) return { value: null };
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const value = mean(revenue(of)) - mean(revenue(against));
  if (paying(of) < LEAST_DOING || paying(against) < LEAST_DOING) return { value };
  const effect = effectOf(meanStatistic(revenue(against)), meanStatistic(revenue(of)), {
    minimumPerArm: LEAST_VISITORS,
  });
  if (effect.kind !== 'effect') return { value };
  const half = studentQuantile(0.975, effect.df) * effect.standardError;
  return { value, low: value - half, high: value + half };
}
