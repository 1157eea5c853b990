import { describe, expect, test } from 'vitest';
import { sequentialTest } from '../../../../backend/science/statistics/sequential-test.ts';
import { welchTest } from '../../../../backend/science/statistics/fixed-test.ts';
import { proportionStatistic } from '../../../../backend/science/statistics/statistics.ts';
import { addStatistics } from '../../../../backend/science/statistics/statistic-kinds.ts';
import { combineStrata } from '../../../../backend/science/statistics/strata.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { effectIn, rateOf, times, zOf } from '../experiment/draws.ts';

/** Units per day of a canary's steps, and how often they convert anyway: the season rises while traffic does. */
const STEPS = [
  { days: 5, control: 1900, treatment: 100, rate: 0.04 },
  { days: 5, control: 1500, treatment: 500, rate: 0.06 },
  { days: 5, control: 1000, treatment: 1000, rate: 0.09 },
];

const stepsOf = (random: () => number, lift = 0) =>
  STEPS.map(({ days, control, treatment, rate }) => ({
    control: rateOf(random, days * control, rate),
    treatment: rateOf(random, days * treatment, rate + lift),
  }));

describe('the steps of a canary with different traffic shares', () => {
  test('as one effect: unbiased, where sums pooled over them and weights from estimated variances are not', () => {
    const random = seededRandom(31);
    const [combined, pooled, estimated]: number[][] = [[], [], []];
    for (let run = 0; run < 300; run++) {
      const steps = stepsOf(random);
      const effects = steps.map(({ control, treatment }) => effectIn(control, treatment));
      combined.push(combineStrata(effects).estimate);
      const whole = steps.reduce((a, b) => ({
        control: addStatistics(a.control, b.control),
        treatment: addStatistics(a.treatment, b.treatment),
      }));
      pooled.push(effectIn(whole.control, whole.treatment).estimate);
      const weights = effects.map(({ standardError }) => standardError ** -2);
      const total = weights.reduce((a, b) => a + b, 0);
      estimated.push(
        effects.reduce((sum, { estimate }, i) => sum + (weights[i] / total) * estimate, 0),
      );
    }
    expect(Math.abs(zOf(combined))).toBeLessThan(3);
    expect(zOf(pooled)).toBeGreaterThan(50);
    // Run by run against the combined one: what the weights add is small beside the noise, and always down.
    expect(zOf(estimated.map((value, run) => value - combined[run]))).toBeLessThan(-4);
  });

  test('covers a known lift at the stated rate', () => {
    const random = seededRandom(32);
    const RUNS = 600;
    let covered = 0;
    for (let run = 0; run < RUNS; run++) {
      const steps = stepsOf(random, 0.01).map(({ control, treatment }) =>
        effectIn(control, treatment),
      );
      const { low, high } = welchTest(combineStrata(steps));
      covered += Number(low <= 0.01 && 0.01 <= high);
    }
    // Binomial error of 600 runs: 0.009.
    expect(covered / RUNS).toBeGreaterThan(0.92);
    expect(covered / RUNS).toBeLessThan(0.98);
  });

  test('read every day without an effect, cries wolf in at most 5 %, absolute and relative', () => {
    const random = seededRandom(33);
    const RUNS = 600;
    const alarms = { absolute: 0, relative: 0, pooled: 0, greater: 0, less: 0 };
    for (let run = 0; run < RUNS; run++) {
      const seen = new Set<keyof typeof alarms>();
      const strata: { control: ReturnType<typeof rateOf>; treatment: ReturnType<typeof rateOf> }[] =
        [];
      for (const { days, control, treatment, rate } of STEPS) {
        strata.push({
          control: proportionStatistic(0, 0),
          treatment: proportionStatistic(0, 0),
        });
        for (let day = 0; day < days; day++) {
          const at = strata.length - 1;
          strata[at] = {
            control: addStatistics(strata[at].control, rateOf(random, control, rate)),
            treatment: addStatistics(strata[at].treatment, rateOf(random, treatment, rate)),
          };
          if (strata.reduce((sum, stratum) => sum + stratum.treatment.n, 0) < 1000) continue;
          for (const difference of ['absolute', 'relative'] as const) {
            const effect = combineStrata(
              strata.map((stratum) => effectIn(stratum.control, stratum.treatment, difference)),
            );
            if (sequentialTest(effect).pValue < 0.05) seen.add(difference);
            if (difference === 'relative') continue;
            if (sequentialTest(effect, { alternative: 'greater' }).low > 0) seen.add('greater');
            if (sequentialTest(effect, { alternative: 'less' }).high < 0) seen.add('less');
          }
          const [c, t] = (['control', 'treatment'] as const).map((arm) =>
            strata.map((stratum) => stratum[arm]).reduce((a, b) => addStatistics(a, b)),
          );
          if (sequentialTest(effectIn(c, t)).pValue < 0.05) seen.add('pooled');
        }
      }
      for (const alarm of seen) alarms[alarm]++;
    }
    const { pooled, ...combined } = alarms;
    for (const [reading, count] of Object.entries(combined)) {
      expect(count / RUNS, reading).toBeLessThanOrEqual(0.05);
    }
    expect(pooled / RUNS).toBeGreaterThan(0.9);
  });
});

describe('combineStrata', () => {
  const one = effectIn(proportionStatistic(100, 1000), proportionStatistic(130, 1000));

  test('of one stratum is that stratum, of equal ones the same effect with less error', () => {
    const { estimate, standardError, df, n } = combineStrata([one]);
    expect({ estimate, standardError, n }).toEqual({
      estimate: one.estimate,
      standardError: one.standardError,
      n: 2000,
    });
    expect(df).toBeCloseTo(one.df, 6);
    const four = combineStrata(times(4, () => one));
    expect(four.estimate).toBeCloseTo(one.estimate, 12);
    expect(four.standardError).toBeCloseTo(one.standardError / 2, 12);
    expect(four.df).toBeCloseTo(4 * one.df, 6);
    expect(four).toMatchObject({ n: 8000, control: { n: 4000 }, treatment: { n: 4000 } });
  });

  test('takes the clock from what was learned: few units in one arm tell little', () => {
    const uneven = effectIn(proportionStatistic(990, 9900), proportionStatistic(10, 100));
    expect(combineStrata([uneven]).n).toBeCloseTo(4 * 99, 9);
  });

  test.each([
    [() => combineStrata([]), 'no strata'],
    [
      () =>
        combineStrata([
          one,
          effectIn(proportionStatistic(1, 20), proportionStatistic(2, 20), 'relative'),
        ]),
      'absolute and relative effects do not combine',
    ],
  ])('%s', (act, message) => expect(act).toThrow(message));
});
