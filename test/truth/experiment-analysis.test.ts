import { beforeEach, describe, expect, test } from 'vitest';
import { type Difference, effectOf } from '../../backend/science/statistics/effect.ts';
import { welchTest } from '../../backend/science/statistics/fixed-test.ts';
import {
  normalPower,
  planSampleSize,
  sampleSizeOfProportions,
  sampleSizeReadDaily,
} from '../../backend/science/statistics/power.ts';
import { sequentialTest } from '../../backend/science/statistics/sequential-test.ts';
import {
  adjustedStatistic,
  meanStatistic,
  proportionStatistic,
  ratioStatistic,
  type Statistic,
} from '../../backend/science/statistics/statistics.ts';
import { addStatistics } from '../../backend/science/statistics/statistic-kinds.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { effectIn, times } from '../backend/science/experiment/draws.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { sizedForHours } from '../support/size.ts';

const EXPERIMENTS = sizedForHours(250, 1000);

describe(`${EXPERIMENTS} A/A experiments of 28 days, read every day from 1,000 units an arm on,`, () => {
  const [DAYS, UNITS] = [28, 200];
  type Draw = (random: () => number) => Statistic;
  const clicks: Draw = (random) =>
    proportionStatistic(
      times(UNITS, random).reduce((sum, value) => sum + Number(value < 0.2), 0),
      UNITS,
    );
  /** One unit in twenty buys. */
  const revenue: Draw = (random) =>
    meanStatistic(times(UNITS, () => (random() < 0.05 ? -50 * Math.log(1 - random()) : 0)));

  test.each([
    ['clicks', 'absolute', clicks, 101],
    ['clicks', 'relative', clicks, 102],
    ['revenue', 'absolute', revenue, 103],
    ['revenue', 'relative', revenue, 104],
  ] as const)(
    'cry wolf in at most 5 % by the confidence sequence and in far more by the fixed test: %s, %s',
    (_, difference, draw, seed) => {
      const random = seededRandom(seed);
      const alarms = { pValue: 0, interval: 0, greater: 0, less: 0, fixed: 0 };
      for (let run = 0; run < EXPERIMENTS; run++) {
        let [control, treatment] = [draw(random), draw(random)];
        const seen = new Set<keyof typeof alarms>();
        for (let day = 1; day < DAYS; day++) {
          control = addStatistics(control, draw(random));
          treatment = addStatistics(treatment, draw(random));
          const found = effectOf(control, treatment, { difference });
          if (found.kind === 'no-answer') continue;
          const { pValue, low, high } = sequentialTest(found);
          if (pValue < 0.05) seen.add('pValue');
          if (low > 0 || high < 0) seen.add('interval');
          if (sequentialTest(found, { alternative: 'greater' }).low > 0) seen.add('greater');
          if (sequentialTest(found, { alternative: 'less' }).high < 0) seen.add('less');
          if (welchTest(found).pValue < 0.05) seen.add('fixed');
        }
        for (const alarm of seen) alarms[alarm]++;
      }
      const { fixed, ...always } = alarms;
      for (const [reading, count] of Object.entries(always)) {
        expect(count / EXPERIMENTS, reading).toBeLessThanOrEqual(0.05);
      }
      expect(fixed / EXPERIMENTS).toBeGreaterThan(0.15);
    },
  );
});

const COVERAGE_RUNS = sizedForHours(300, 1500);

describe(`a known effect lies inside 95 % intervals in about 95 % of ${COVERAGE_RUNS} experiments`, () => {
  let random = seededRandom(7);
  // Each test draws its own, whatever the size of those before it.
  beforeEach(() => {
    random = seededRandom(7);
  });
  const bell = () => random() + random() + random() - 1.5;
  const UNITS = 400;

  const metrics: [string, Difference, number, (lift: number) => Statistic][] = [
    ['skewed means', 'absolute', 0.2, (lift) => meanStatistic(times(UNITS, spend(1 + lift)))],
    ['skewed means', 'relative', 0.2, (lift) => meanStatistic(times(UNITS, spend(1 + lift)))],
    ['proportions', 'absolute', 0.05, (lift) => clicks(0.25 + lift)],
    ['proportions', 'relative', 0.2, (lift) => clicks(0.25 * (1 + lift))],
    ['ratios', 'absolute', 0.06, (lift) => bookings(0.3 + lift)],
    ['ratios', 'relative', 0.2, (lift) => bookings(0.3 * (1 + lift))],
    ['CUPED means', 'absolute', 0.5, (lift) => habits(lift)],
    ['CUPED means', 'relative', 0.1, (lift) => habits(5 * lift)],
  ];

  test.each(metrics)('%s, %s', (_, difference, truth, draw) => {
    let covered = 0;
    for (let run = 0; run < COVERAGE_RUNS; run++) {
      const { low, high } = welchTest(effectIn(draw(0), draw(truth), difference));
      covered += Number(low <= truth && truth <= high);
    }
    // Binomial error of 1,500 runs: 0.0056.
    const { least, most } = sizedForHours(binomialBounds(COVERAGE_RUNS, 0.95), {
      least: 0.93 * COVERAGE_RUNS,
      most: 0.97 * COVERAGE_RUNS,
    });
    expect(covered).toBeGreaterThanOrEqual(least);
    expect(covered).toBeLessThanOrEqual(most);
  });

  test('CUPED narrows the interval by √(1 − ρ²)', () => {
    const [post, pre]: [number[], number[]] = [[], []];
    for (let unit = 0; unit < 40_000; unit++) {
      pre.push(bell());
      post.push(pre[unit] + bell());
    }
    const halves = (values: readonly number[]) => [values.slice(0, 20_000), values.slice(20_000)];
    const [[postC, postT], [preC, preT]] = [halves(post), halves(pre)];
    const plain = effectIn(meanStatistic(postC), meanStatistic(postT));
    const adjusted = effectIn(adjustedStatistic(postC, preC), adjustedStatistic(postT, preT));
    expect(adjusted.standardError / plain.standardError).toBeCloseTo(Math.SQRT1_2, 2);
  });

  test('ratios whose units repeat are not covered by a test that takes each try as a unit', () => {
    const RUNS = 1000;
    let covered = 0;
    for (let run = 0; run < RUNS; run++) {
      const [c, t] = [bookings(0.3), bookings(0.3)].map(({ numerator, denominator }) =>
        proportionStatistic(numerator.sum, denominator.sum),
      );
      const { low, high } = welchTest(effectIn(c, t));
      covered += Number(low <= 0 && 0 <= high);
    }
    expect(covered / RUNS).toBeLessThan(0.9);
  });

  test('a sample planned for daily reading is called always-valid at its end with the power asked, one for one look is not', () => {
    const draw = seededRandom(31);
    const oneLook = sampleSizeOfProportions(0.05, 0.01, { power: 0.8 });
    const arm = (rate: number, n: number) =>
      proportionStatistic(
        times(n, draw).reduce((sum, value) => sum + Number(value < rate), 0),
        n,
      );
    const called = (n: number) =>
      times(400, () =>
        Number(sequentialTest(effectIn(arm(0.05, n), arm(0.06, n))).pValue < 0.05),
      ).reduce((a, b) => a + b) / 400;
    // 400 tries: three standard errors are 6 %.
    expect(Math.abs(called(Math.ceil(sampleSizeReadDaily(oneLook))) - 0.8)).toBeLessThan(0.06);
    expect(called(Math.ceil(oneLook))).toBeLessThan(0.5);
  });

  test('a planned sample finds a lift of a ratio metric, the same for every try, with the power asked', () => {
    const plan = planSampleSize(bookings(0.3, 40_000), { relative: 0.2 }, { power: 0.8 });
    if (plan.kind !== 'plan') throw new Error(plan.message);
    const units = Math.round(plan.control);
    const RUNS = 1000;
    let found = 0;
    for (let run = 0; run < RUNS; run++) {
      const read = welchTest(effectIn(bookings(0.3, units), bookings(0.3, units, 0.06)));
      found += Number(read.pValue < 0.05);
    }
    expect(found / RUNS).toBeGreaterThan(0.74);
    expect(found / RUNS).toBeLessThan(0.86);
    expect(normalPower(0)).toBeCloseTo(0.05, 12);
  });

  function spend(mean: number) {
    return () => -mean * Math.log(1 - random());
  }
  function clicks(rate: number) {
    return proportionStatistic(
      times(UNITS, random).reduce((sum, value) => sum + Number(value < rate), 0),
      UNITS,
    );
  }
  /** Units differ in how often they try and in how often a try ends well. */
  function bookings(rate: number, units = UNITS, lift = 0) {
    const tries = times(units, () => 1 + Math.floor(random() * 8));
    const ends = tries.map((n) => {
      const own = rate * 2 * random();
      let good = 0;
      for (let i = 0; i < n; i++) good += Number(random() < own);
      return good + lift * n;
    });
    return ratioStatistic(ends, tries);
  }
  function habits(lift: number) {
    const pre = times(UNITS, () => 3 + bell());
    return adjustedStatistic(
      pre.map((before) => 2 + before + lift + 0.7 * bell()),
      pre,
    );
  }
});
