import { describe, expect, test } from 'vitest';
import { effectOf } from '../../../../backend/science/statistics/effect.ts';
import { relativeInterval } from '../../../../backend/science/statistics/relative-interval.ts';
import {
  adjustedStatistic,
  meanStatistic,
  proportionStatistic,
  type Statistic,
} from '../../../../backend/science/statistics/statistics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { answered, effectIn, normal, times } from '../experiment/draws.ts';

const REACH = 3;
const rate = proportionStatistic;
const between = (control: Statistic, treatment: Statistic, reach = REACH) =>
  relativeInterval(answered(effectOf(control, treatment, { minimumPerArm: 2 })), reach);

/** Whether the test of one relative effect, with its variance under it, does not reject it. */
function isKept(control: Statistic, treatment: Statistic, hypothesis: number): boolean {
  const { estimate, standardError } = answered(
    effectOf(control, treatment, { difference: 'relative', minimumPerArm: 2, hypothesis }),
  );
  return Math.abs(estimate - hypothesis) <= REACH * standardError;
}

describe('the interval of a relative effect', () => {
  const random = seededRandom(11);
  const spend = (n: number, mean: number) => times(n, () => mean + normal(random) * Math.abs(mean));
  const before = spend(400, 3);
  test.each<[string, Statistic, Statistic]>([
    ['rates', rate(100, 1000), rate(130, 1000)],
    ['rates in unequal arms', rate(900, 9000), rate(70, 1000)],
    ['rare rates', rate(30, 9000), rate(9, 1000)],
    ['no conversion against 20', rate(20, 1000), rate(0, 1000)],
    ['means', meanStatistic(spend(500, 2)), meanStatistic(spend(700, 3))],
    ['means below 0', meanStatistic(spend(500, -2)), meanStatistic(spend(300, -3))],
    ['means of either sign', meanStatistic(spend(500, 2)), meanStatistic(spend(300, -0.1))],
    [
      'means with CUPED',
      adjustedStatistic(
        before.map((x) => x + 1 + normal(random)),
        before,
      ),
      adjustedStatistic(
        before.map((x) => x + 2 + normal(random)),
        before.toReversed(),
      ),
    ],
  ])('holds what is not rejected and nothing else: %s', (_, control, treatment) => {
    const { low, high } = between(control, treatment);
    const { estimate } = effectIn(control, treatment, 'relative');
    // No rate is below 0.
    const least = control.kind === 'proportion' ? -1 : -Infinity;
    const kept = times(80_001, (i) => Math.max(least, estimate + (i - 40_000) / 4000)).filter(
      (one) => isKept(control, treatment, one),
    );
    // The grid has steps of 0.00025.
    expect(Math.abs(low! - kept[0])).toBeLessThan(3e-4);
    expect(Math.abs(high! - kept.at(-1)!)).toBeLessThan(3e-4);
  });

  test('has no width of 0, and an unknown end where the control may be 0', () => {
    expect(between(rate(1, 1000), rate(0, 1000))).toEqual({ low: -1, high: null });
    expect(between(rate(1, 1000), rate(1, 1000))).toEqual({ low: -1, high: null });
    const { low, high } = between(rate(1, 1000), rate(60, 1000));
    expect(low).toBeGreaterThan(1);
    expect(high).toBeNull();
    const rare = (value: number) => meanStatistic([value, ...times(999, () => 0)]);
    expect(between(rare(30), rare(-20))).toEqual({ low: null, high: null });
  });

  test('is that of the delta method where there is much data', () => {
    const [control, treatment] = [rate(100_000, 1_000_000), rate(103_000, 1_000_000)];
    const { estimate, standardError } = effectIn(control, treatment, 'relative');
    const { low, high } = between(control, treatment);
    expect(low).toBeCloseTo(estimate - REACH * standardError, 3);
    expect(high).toBeCloseTo(estimate + REACH * standardError, 3);
  });
});
