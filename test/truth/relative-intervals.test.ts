import { describe, expect, test } from 'vitest';
import { metricReports } from '../../backend/science/experiment/metric-reports.ts';
import { meanStatistic, type Statistic } from '../../backend/science/statistics/statistics.ts';
import { addStatistics } from '../../backend/science/statistics/statistic-kinds.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { normal, rateOf, times } from '../backend/science/experiment/draws.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { sizedForHours } from '../support/size.ts';

/** Runs of 28 looks, from 1,000 units in the smaller arm on, with 200 more at each. */
const [RUNS, LOOKS, FIRST, MORE] = [sizedForHours(60, 2000), 28, 1000, 200];
type Draw = (random: () => number, n: number, lift: number) => Statistic;

const rate =
  (chance: number): Draw =>
  (random, n, lift) =>
    rateOf(random, n, chance * lift);
/** One unit in a hundred buys, for a log-normal sum. */
const revenue: Draw = (random, n, lift) =>
  meanStatistic(times(n, () => (random() < 0.01 ? lift * Math.exp(normal(random)) : 0)));

describe(`over all looks of ${RUNS} experiments, an always-valid interval misses the truth in at most 5 %:`, () => {
  test.each<[string, Draw, number, number]>([
    ['a rate of 0.1 %', rate(0.001), 1, 1],
    ['a rate of 1 %', rate(0.01), 1, 1],
    ['revenue of 1 % buyers', revenue, 1, 1],
    ['a rate of 0.1 %, nine to one', rate(0.001), 9, 1],
    ['revenue of 1 % buyers, nine to one', revenue, 9, 1],
    ['a rate of 0.5 % that doubles', rate(0.005), 1, 2],
    ['revenue of 1 % buyers that halves', revenue, 1, 0.5],
  ])('%s', (name, draw, split, lift) => {
    const random = seededRandom(name.length * 1000 + split);
    const arm = (units: number) => ({ units, arm: '', products: { n: 0, entries: [] } as never });
    const missed = { relative: 0, absolute: 0 };
    for (let run = 0; run < RUNS; run++) {
      const seen = new Set<keyof typeof missed>();
      let [control, treatment] = [draw(random, FIRST * split, 1), draw(random, FIRST, lift)];
      for (let look = 0; look < LOOKS; look++) {
        const [{ found }] = metricReports(
          [{ name, kind: 'mean', numerator: name, better: 'higher' }],
          { ...arm(FIRST * split), statistics: { [name]: control } },
          { ...arm(FIRST), statistics: { [name]: treatment } },
          { alpha: 0.05, minimumPerArm: 1000, unit: 'sessions' },
        );
        if (found.kind === 'answer') {
          const { absolute, relative } = found;
          // Of the absolute effect only "none" is known whatever the world.
          if (lift === 1 && absolute.sequential.low * absolute.sequential.high > 0)
            seen.add('absolute');
          if (relative.kind === 'reading') {
            const { low, high } = relative.sequential;
            if ((low ?? -Infinity) > lift - 1 || (high ?? Infinity) < lift - 1)
              seen.add('relative');
            for (const { low: from, high: to } of [relative.sequential, relative.fixed])
              expect((to ?? Infinity) - (from ?? -Infinity)).toBeGreaterThan(0);
          }
        }
        control = addStatistics(control, draw(random, MORE * split, 1));
        treatment = addStatistics(treatment, draw(random, MORE, lift));
      }
      for (const kind of seen) missed[kind]++;
    }
    const { most } = binomialBounds(RUNS, 0.05);
    expect(missed.relative).toBeLessThanOrEqual(sizedForHours(most, 0.05 * RUNS));
    expect(missed.absolute).toBeLessThanOrEqual(sizedForHours(most, 0.05 * RUNS));
  });
});
