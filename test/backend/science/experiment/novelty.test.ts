import { describe, expect, test } from 'vitest';
import { type DayArms, noveltyOf } from '../../../../backend/science/experiment/novelty.ts';
import { meanStatistic } from '../../../../backend/science/statistics/statistics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { answered, rateOf, times } from './draws.ts';
import { dayOf } from './simulated-experiment.ts';

/** Days of different sizes, weekends large. */
const daysOf = (random: () => number, effectOn: (day: number) => number, days = 14): DayArms[] =>
  times(days, (day) => {
    const n = day % 7 > 4 ? 400 : 150;
    return {
      day: dayOf(day),
      control: rateOf(random, n, 0.3),
      treatment: rateOf(random, n, 0.3 + effectOn(day)),
    };
  });

describe('the trend of an effect over days', () => {
  test.each([
    ['wears off', (day: number) => 0.25 - 0.018 * day, 'higher', 'novelty'],
    ['grows', (day: number) => -0.1 + 0.018 * day, 'higher', 'primacy'],
    ['grows, where low is good', (day: number) => -0.1 + 0.018 * day, 'lower', 'novelty'],
    ['stays', () => 0.1, 'higher', 'none'],
  ] as const)('of one that %s', (_, effectOn, better, trend) => {
    const found = answered(noveltyOf(daysOf(seededRandom(51), effectOn), { better }));
    expect(found.trend).toBe(trend);
    expect(found.days.map(({ since }) => since)).toEqual(times(14, (day) => day));
  });

  test('is covered at the stated rate, and is found in 5 % where there is none', () => {
    const random = seededRandom(52);
    const RUNS = 800;
    const covered = { 0: 0, [-0.01]: 0 };
    for (const slope of [0, -0.01] as const) {
      for (let run = 0; run < RUNS; run++) {
        const { low, high } = answered(noveltyOf(daysOf(random, (day) => 0.15 + slope * day)));
        covered[slope] += Number(low <= slope && slope <= high);
      }
      expect(covered[slope] / RUNS).toBeGreaterThan(0.93);
      expect(covered[slope] / RUNS).toBeLessThan(0.97);
    }
  });

  test('read daily, is called in less than 5 % where there is none; by one look’s p-value, in more', () => {
    const random = seededRandom(54);
    const RUNS = 300;
    const calls = { trend: 0, once: 0 };
    for (let run = 0; run < RUNS; run++) {
      const days = daysOf(random, () => 0.1, 35);
      const found = times(29, (i) => answered(noveltyOf(days.slice(0, 7 + i))));
      calls.trend += Number(found.some(({ trend }) => trend !== 'none'));
      calls.once += Number(found.some(({ pValue }) => pValue < 0.05));
    }
    expect(calls.trend / RUNS).toBeLessThan(0.05);
    expect(calls.once / RUNS).toBeGreaterThan(0.1);
  });

  test('has no answer of users, whose effect adds up for longer the earlier they came', () => {
    const random = seededRandom(55);
    const clicksSince = (days: number, rate: number) =>
      meanStatistic(
        times(300, () => times(days, () => Number(random() < rate)).reduce((a, b) => a + b, 0)),
      );
    // A click more in ten days, for ever.
    const days = times(14, (day) => ({
      day: dayOf(day),
      control: clicksSince(14 - day, 0.3),
      treatment: clicksSince(14 - day, 0.4),
    }));
    expect(answered(noveltyOf(days)).trend).toBe('novelty');
    expect(noveltyOf(days, { unit: 'users' })).toMatchObject({ reason: 'unequal-time' });
  });

  test('of exact days is the line through them', () => {
    const exact = times(7, (day) => ({
      day: dayOf(2 * day),
      control: { kind: 'proportion' as const, n: 1000, sum: 300 },
      treatment: { kind: 'proportion' as const, n: 1000, sum: 400 - 10 * day },
    }));
    expect(answered(noveltyOf(exact)).slope).toBeCloseTo(-0.005, 12);
  });

  test('needs a week and enough units', () => {
    const random = seededRandom(53);
    expect(noveltyOf(daysOf(random, () => 0, 6))).toMatchObject({
      message: 'not enough data: 6 of 7 days',
    });
    expect(noveltyOf(daysOf(random, () => 0, 3))).toMatchObject({
      message: 'not enough data: 450 of 1,000 sessions',
    });
    expect(noveltyOf([])).toMatchObject({ message: 'not enough data: 0 of 1,000 sessions' });
  });
});
