import { describe, expect, test } from 'vitest';
import { effectOf } from '../../../backend/science/statistics/effect.ts';
import { sequentialTest } from '../../../backend/science/statistics/sequential-test.ts';
import { combineStrata } from '../../../backend/science/statistics/strata.ts';
import type { ExperimentStatistics } from '../../../backend/science/experiment/experiment-statistics.ts';
import { proportionStatistic } from '../../../backend/science/statistics/statistics.ts';
import {
  canaryReadings,
  mismatches,
  type CanaryStratum,
} from '../../../backend/rollouts/canary-readings.ts';
import type { ServedArms } from '../../../backend/experiments/served-arms.ts';
import { canaryWindows } from '../../../backend/rollouts/canary-windows.ts';
import { decideRollout } from '../../../backend/rollouts/decide-rollout.ts';
import type { Experiment } from '../../../backend/experiments/new-experiment.ts';
import type { Stage } from '../../../backend/rollouts/steps.ts';
import { DEFAULT_METRICS } from '../../../shared/domain/metric.ts';
import { at, good, HOUR_MS } from './support/rollout-evidence.ts';

const experiment = {
  metrics: DEFAULT_METRICS,
  guardrails: [
    { metric: 'click_through', margin: 0.05 },
    { metric: 'conversion', margin: 0.1 },
  ],
  minimumPerArm: 200,
} as unknown as Experiment;

interface Arm {
  readonly units: number;
  readonly clicks: number;
}

/** Split over two days, as statistics come. */
const stratum = (stage: Stage, share: number, challenger: Arm, champion: Arm): CanaryStratum => {
  const arms = { challenger, champion };
  const days = Object.entries(arms).flatMap(([arm, { units, clicks }]) =>
    [0.25, 0.75].map((part, i) => ({
      arm,
      day: `2026-10-0${i + 1}`,
      units: units * part,
      statistics: { click_through: proportionStatistic(clicks * part, units * part) },
      products: { n: 0, columns: [], sums: [], products: [] },
    })),
  );
  return {
    window: { stage, share, revisions: [], from: 0, to: 1 },
    statistics: { days } as unknown as ExperimentStatistics,
  };
};

const read = (...strata: CanaryStratum[]) =>
  canaryReadings(experiment, strata, 0.05, combineStrata);

describe('guardrail readings', () => {
  test('hold each stage to itself: busy days of one stage are no effect', () => {
    // Both arms click alike in each stage; pooled, the challenger would look better by a third and more.
    const quiet = stratum(
      'canary 5',
      0.05,
      { units: 1000, clicks: 200 },
      { units: 19_000, clicks: 3800 },
    );
    const busy = stratum(
      'canary 50',
      0.5,
      { units: 10_000, clicks: 5000 },
      { units: 10_000, clicks: 5000 },
    );
    const [clicks] = read(quiet, busy);
    expect(clicks).toMatchObject({
      metric: 'click_through',
      better: 'higher',
      worstAllowed: -0.05,
    });
    const { low, high } = clicks as { low: number; high: number };
    expect((low + high) / 2).toBeCloseTo(0, 10);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  test('see harm that is the same in all stages the better for having more of them', () => {
    const one = stratum(
      'canary 5',
      0.05,
      { units: 1000, clicks: 240 },
      { units: 19_000, clicks: 5700 },
    );
    const two = stratum(
      'canary 25',
      0.25,
      { units: 5000, clicks: 1200 },
      { units: 15_000, clicks: 4500 },
    );
    const width = (reading: object) =>
      (reading as { high: number; low: number }).high - (reading as { low: number }).low;
    expect(width(read(one, two)[0])).toBeLessThan(width(read(one)[0]));
    expect((read(one, two)[0] as { high: number }).high).toBeLessThan(-0.05);
  });

  test('have the standard error under the margin, and of all guardrails together the error rate', () => {
    const [challenger, champion] = [
      proportionStatistic(200, 1000),
      proportionStatistic(3800, 19_000),
    ];
    const found = effectOf(champion, challenger, { difference: 'relative', hypothesis: -0.05 });
    if (found.kind !== 'effect') throw new Error(found.message);
    const { low, high } = sequentialTest(combineStrata([found]), { alpha: 0.025 });
    const arms = [
      { units: 1000, clicks: 200 },
      { units: 19_000, clicks: 3800 },
    ] as const;
    const [clicks] = read(stratum('canary 5', 0.05, ...arms));
    expect(clicks).toEqual({
      metric: 'click_through',
      better: 'higher',
      low: expect.closeTo(low, 12),
      high: expect.closeTo(high, 12),
      worstAllowed: -0.05,
    });
  });

  test('of too few sessions, or of what is not counted, are missing and no number', () => {
    const few = stratum(
      'canary 1',
      0.01,
      { units: 100, clicks: 10 },
      { units: 9900, clicks: 3000 },
    );
    expect(read(few)).toEqual([
      { metric: 'click_through', missing: 'not enough data: 100 of 200 sessions' },
      { metric: 'conversion', missing: 'not enough data: 0 of 200 sessions' },
    ]);
  });

  test('leave a stage out that says too little of it, and keep the others', () => {
    const few = stratum('canary 1', 0.01, { units: 100, clicks: 0 }, { units: 9900, clicks: 9000 });
    const enough = stratum(
      'canary 5',
      0.05,
      { units: 1000, clicks: 300 },
      { units: 19_000, clicks: 5700 },
    );
    expect(read(few, enough)).toEqual(read(enough));
  });
});

test('a stage whose sessions do not fit its share is a doubt, one that does is none', () => {
  const fits = stratum('canary 5', 0.05, { units: 1040, clicks: 0 }, { units: 18_960, clicks: 0 });
  const off = stratum('canary 25', 0.25, { units: 4400, clicks: 0 }, { units: 15_600, clicks: 0 });
  expect(mismatches([fits])).toEqual([]);
  expect(mismatches([fits, off])).toEqual([
    expect.stringMatching(
      /^arm sizes that match their traffic \(at canary 25 .* 4400 of 20000 sessions/,
    ),
  ]);
});

describe('canary windows', () => {
  const change = (from: Stage, next: Stage, atHour: number) => ({
    ...decideRollout(at(from), good(), atHour * HOUR_MS),
    next: { ...at(next), sinceMs: atHour * HOUR_MS },
  });
  const log = [
    change('candidate', 'shadow', 0),
    change('shadow', 'canary 1', 24),
    change('canary 1', 'canary 5', 48),
  ];
  const hours = (...args: Parameters<typeof canaryWindows>) =>
    canaryWindows(...args).map(({ stage, share, from, to }) => [
      stage,
      share,
      from / HOUR_MS,
      to / HOUR_MS,
    ]);

  test('are the stages that showed both, each from when every edge has it', () => {
    expect(hours(log, at('canary 5'), 60 * HOUR_MS, HOUR_MS, [])).toEqual([
      ['canary 1', 0.01, 25, 48],
      ['canary 5', 0.05, 49, 60],
    ]);
  });

  test('end with the last decision where somebody else ended the rollout', () => {
    expect(hours(log, at('withdrawn'), 60 * HOUR_MS, 0, [])).toEqual([['canary 1', 0.01, 24, 48]]);
  });

  test('hold the revisions that had their share, whatever their number, and of no other share, arms or design', () => {
    const served = (revision: number, share: number, changes: Partial<ServedArms> = {}) => ({
      revision,
      design: 'split' as const,
      arms: [
        { name: 'challenger', weight: share },
        { name: 'champion', weight: 1 - share },
      ],
      ...changes,
    });
    const revisions = (...args: Parameters<typeof canaryWindows>) =>
      canaryWindows(...args).map((window) => [window.stage, window.revisions]);
    const all = [
      served(3, 0.01),
      served(4, 0.01),
      served(6, 0.05),
      served(7, 0.25),
      served(8, 0.05, { design: 'interleaved' }),
      served(9, 0.05, { arms: [{ name: 'challenger', weight: 1 }] }),
      served(10, 0.05, {
        arms: [
          { name: 'challenger', weight: 5 },
          { name: 'champion', weight: 95 },
        ],
      }),
    ];
    expect(revisions(log, at('canary 5'), 60 * HOUR_MS, HOUR_MS, all)).toEqual([
      ['canary 1', [3, 4]],
      ['canary 5', [6, 10]],
    ]);
    // Nobody waits for the edges to settle where the log says what they went by.
    expect(revisions(log, at('canary 5'), 48 * HOUR_MS + 1, HOUR_MS, all)).toHaveLength(2);
  });

  test('that have only begun are none yet', () => {
    expect(hours(log, at('canary 5'), 48 * HOUR_MS + 1, HOUR_MS, [])).toHaveLength(1);
  });
});
