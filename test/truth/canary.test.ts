import { expect, test } from 'vitest';
import { combineStrata } from '../../backend/science/statistics/strata.ts';
import type { ExperimentStatistics } from '../../backend/science/experiment/experiment-statistics.ts';
import { proportionStatistic } from '../../backend/science/statistics/statistics.ts';
import { canaryReadings, type CanaryStratum } from '../../backend/rollouts/canary-readings.ts';
import type { Experiment } from '../../backend/experiments/new-experiment.ts';
import type { Stage } from '../../backend/rollouts/steps.ts';
import { DEFAULT_METRICS } from '../../shared/domain/metric.ts';
import { seededRandom } from '../../shared/explore/random.ts';

/** Days that a canary stays at each share, and its sessions per day; it is read every day. */
const STAGES: readonly [Stage, share: number, days: number][] = [
  ['canary 1', 0.01, 3],
  ['canary 5', 0.05, 5],
  ['canary 25', 0.25, 3],
  ['canary 50', 0.5, 3],
];
const SESSIONS_A_DAY = 4000;

const experiment = {
  metrics: DEFAULT_METRICS,
  // No harm is bearable: every interval that lies below 0 is a call.
  guardrails: [{ metric: 'click_through', margin: 0 }],
  minimumPerArm: 100,
} as unknown as Experiment;

const stratum = (stage: Stage, share: number, counts: Record<string, [n: number, k: number]>) =>
  ({
    window: { stage, share, revisions: [], from: 0, to: 1 },
    statistics: {
      days: Object.entries(counts).map(([arm, [units, clicks]]) => ({
        arm,
        units,
        statistics: { click_through: proportionStatistic(clicks, units) },
      })),
    } as unknown as ExperimentStatistics,
  }) satisfies CanaryStratum;

/** @returns the stage at which a reading first showed harm. */
function harmedAt(
  rates: { challenger: number; champion: number },
  seed: number,
): Stage | undefined {
  const random = seededRandom(seed);
  const closed: CanaryStratum[] = [];
  for (const [stage, share, days] of STAGES) {
    const counts: Record<string, [number, number]> = { challenger: [0, 0], champion: [0, 0] };
    for (let day = 0; day < days; day++) {
      // Weekdays click alike in both arms, and differently from weekends.
      const ofDay = day % 2 === 0 ? 1 : 0.8;
      for (let session = 0; session < SESSIONS_A_DAY; session++) {
        const arm = random() < share ? 'challenger' : 'champion';
        counts[arm][0]++;
        if (random() < rates[arm] * ofDay) counts[arm][1]++;
      }
      const strata = [...closed, stratum(stage, share, counts)];
      const [reading] = canaryReadings(experiment, strata, 0.05, combineStrata);
      if ('high' in reading && reading.high < 0) return stage;
    }
    closed.push(stratum(stage, share, counts));
  }
  return undefined;
}

const RUNS = 500;
const harms = (rates: Parameters<typeof harmedAt>[0]) =>
  Array.from({ length: RUNS }, (_, seed) => harmedAt(rates, seed + 1));

test(`of ${RUNS} challengers that are as good as the champion, read every day while the shares grow, no more than 5 % are called harmful`, () => {
  const called = harms({ challenger: 0.3, champion: 0.3 }).filter((at) => at !== undefined);
  expect(called.length / RUNS).toBeLessThanOrEqual(0.05);
});

test(`of ${RUNS} challengers that cost two clicks of five, all are called harmful at 5 % or less`, () => {
  const called = harms({ challenger: 0.18, champion: 0.3 });
  expect(called.filter((at) => at !== 'canary 1' && at !== 'canary 5')).toEqual([]);
});
