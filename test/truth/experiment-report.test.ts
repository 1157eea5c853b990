import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../backend/science/experiment/analyse.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { answered } from '../backend/science/experiment/draws.ts';
import {
  CAP,
  experimentOf,
  METRICS,
  sessions,
} from '../backend/science/experiment/simulated-experiment.ts';

/** E[min(X, CAP)] of exponential spend. */
const capped = (mean: number) => mean * (1 - Math.exp(-CAP / mean));

describe("a known effect lies inside the whole report's 95 % intervals in about 95 % of experiments", () => {
  const LIFT = 0.06;
  const spend = 0.1 * capped(50);
  const gain = 0.1 * capped(50 * (1 + LIFT)) - spend;
  const truth: Record<string, { absolute: number; relative: number }> = {
    click_through: { absolute: LIFT, relative: LIFT / 0.3 },
    clicks_per_ranking: { absolute: LIFT, relative: LIFT / 0.2 },
    dwell_seconds: { absolute: 10 * LIFT, relative: (10 * LIFT) / 15 },
    revenue: { absolute: gain, relative: gain / spend },
  };

  test.each([
    ['proportion, ratio, mean, winsorised revenue', false],
    ['the same with CUPED on the ratio and the mean', true],
  ])('%s', (_, cuped) => {
    const random = seededRandom(cuped ? 102 : 101);
    const RUNS = 500;
    const covered: Record<string, number> = {};
    for (let run = 0; run < RUNS; run++) {
      const statistics = experimentOf([[sessions(1000, random), sessions(1000, random, LIFT)]], {
        cuped,
      });
      for (const { metric, found } of analyseExperiment(statistics).comparisons[0].metrics) {
        for (const difference of ['absolute', 'relative'] as const) {
          const { fixed, sequential } = answered(answered(found)[difference]);
          for (const [reading, { low, high }] of Object.entries({ fixed, sequential })) {
            const holds =
              (low ?? -Infinity) <= truth[metric][difference] &&
              truth[metric][difference] <= (high ?? Infinity);
            const key = `${metric} ${difference} ${reading}`;
            covered[key] = (covered[key] ?? 0) + Number(holds);
          }
        }
      }
    }
    expect(Object.keys(covered)).toHaveLength(METRICS.length * 4);
    for (const [key, count] of Object.entries(covered)) {
      // Binomial error of 500 runs: 0.0097.
      expect(count / RUNS, key).toBeGreaterThan(key.endsWith('sequential') ? 0.95 : 0.92);
      if (key.endsWith('fixed')) expect(count / RUNS, key).toBeLessThan(0.98);
    }
  });
});
