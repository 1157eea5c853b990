import { describe, expect, test } from 'vitest';
import type { CanaryStratum } from '../../../backend/rollouts/canary-readings.ts';
import { rolloutReadings } from '../../../backend/rollouts/gain-readings.ts';
import type { ExperimentStatistics } from '../../../backend/science/experiment/experiment-statistics.ts';
import { interleaving } from '../../../backend/science/experiment/interleaving.ts';
import { effectOf } from '../../../backend/science/statistics/effect.ts';
import { sequentialTest } from '../../../backend/science/statistics/sequential-test.ts';
import { combineStrata } from '../../../backend/science/statistics/strata.ts';
import {
  meanStatistic,
  proportionStatistic,
  type Statistic,
} from '../../../backend/science/statistics/statistics.ts';
import { DEFAULT_METRICS } from '../../../shared/domain/metric.ts';

const EXPERIMENT = {
  metrics: [...DEFAULT_METRICS],
  guardrails: [{ metric: 'click_through', margin: 0.02 }],
  minimumPerArm: 100,
};
const HOW = { alpha: 0.05, minGain: 0.05, decides: 'click_through', combine: combineStrata };

const stratum = (metric: string, arms: Record<string, Statistic & { n?: number }>) =>
  ({
    window: { stage: 'canary 50', share: 0.5, revisions: [], from: 0, to: 1 },
    statistics: {
      days: Object.entries(arms).map(([arm, statistic]) => ({
        arm,
        units: 1,
        statistics: { [metric]: statistic },
      })),
    } as unknown as ExperimentStatistics,
  }) satisfies CanaryStratum;
const clicks = (challenger: number, champion: number, n: number) =>
  stratum('click_through', {
    challenger: proportionStatistic(challenger, n),
    champion: proportionStatistic(champion, n),
  });

describe('the gain by canary', () => {
  test('is relative, over all strata, with bounds at half of alpha', () => {
    const strata = [clicks(330, 300, 1000), clicks(660, 600, 2000)];
    const { gain, guardrails } = rolloutReadings(EXPERIMENT, { strata }, HOW);
    expect(gain).toMatchObject({ alpha: 0.025, noWorseAlpha: 0.05 });
    expect(gain.canary).toMatchObject({ estimate: expect.closeTo(0.1, 9), n: 6000 });
    const [{ low, high }, reading] = [gain.canary, guardrails[0]] as any[];
    // A guardrail has all of alpha where there is one.
    expect(low).toBeLessThan(reading.low);
    expect(high).toBeGreaterThan(reading.high);
    const two = [...EXPERIMENT.guardrails, { metric: 'booked', margin: 0.1 }];
    const shared = rolloutReadings({ ...EXPERIMENT, guardrails: two }, { strata }, HOW);
    expect(shared.gain).toMatchObject({ alpha: 0.025, noWorseAlpha: 0.025 });
  });

  test('of a metric that is better low is turned round', () => {
    const values = (mean: number) =>
      meanStatistic(Array.from({ length: 400 }, (_, i) => mean + (i % 2 === 0 ? 0.1 : -0.1)));
    const strata = [stratum('cancels', { challenger: values(0.8), champion: values(1) })];
    const { gain } = rolloutReadings(EXPERIMENT, { strata }, { ...HOW, decides: 'cancels' });
    expect(gain.canary).toMatchObject({ estimate: expect.closeTo(0.2, 9) });
    const { low, high } = gain.canary as any;
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(0.2);
    expect(high).toBeGreaterThan(0.2);
  });

  test.each([
    { decides: 'click_through', better: 1, arms: [260, 300] as const },
    { decides: 'cancels', better: -1, arms: [300, 260] as const },
  ])(
    'of $decides has each bound under the truth that it is to rule out',
    ({ decides, better, arms: [challenger, champion] }) => {
      const metrics = DEFAULT_METRICS.filter(({ name }) => name === decides);
      expect(metrics).toMatchObject([{ better: better > 0 ? 'higher' : 'lower' }]);
      const arm = (count: number, n: number) => proportionStatistic(count, n);
      const [treatment, control] = [arm(challenger, 1000), arm(champion, 9000)];
      const under = (hypothesis: number) => {
        const effect = effectOf(control, treatment, { difference: 'relative', hypothesis });
        if (effect.kind !== 'effect') throw new Error(effect.message);
        const { n } = combineStrata([effect]);
        return sequentialTest({ ...effect, n }, { alpha: 0.025 });
      };
      const strata = [stratum(decides, { challenger: treatment, champion: control })];
      const { canary } = rolloutReadings(
        { ...EXPERIMENT, metrics },
        { strata },
        { ...HOW, decides },
      ).gain as any;
      const [none, some] = [under(0), under(better * HOW.minGain)];
      expect(none.high - none.low).not.toBeCloseTo(some.high - some.low, 3);
      const [low, high] = better > 0 ? [none.low, some.high] : [-none.high, -some.low];
      expect(canary.low).toBeCloseTo(low, 12);
      expect(canary.high).toBeCloseTo(high, 12);
    },
  );

  test('is missing while too few have come, and absent while nobody was shown the challenger alone', () => {
    expect(rolloutReadings(EXPERIMENT, { strata: [clicks(1, 1, 20)] }, HOW).gain.canary).toEqual({
      missing: expect.stringMatching(/^not enough data/),
    });
    expect(rolloutReadings(EXPERIMENT, { strata: [] }, HOW).gain).not.toHaveProperty('canary');
    expect(
      rolloutReadings(EXPERIMENT, { strata: [clicks(1, 1, 200)] }, { ...HOW, decides: 'joy' }).gain
        .canary,
    ).toEqual({ missing: 'the rollout does not measure joy' });
  });
});

describe('the gain by interleaving', () => {
  const of = (treatment: number, control: number, sessions: number) => ({
    sessions,
    wins: { treatment, control },
    clicks: { treatment, control },
  });
  const read = (statistic: ReturnType<typeof of>) =>
    rolloutReadings(EXPERIMENT, { strata: [], interleaved: statistic }, HOW).gain
      .interleaving as any;

  test('is the share that was won of the sessions that prefer one', () => {
    expect(read(of(60, 40, 1000))).toMatchObject({ estimate: expect.closeTo(0.6, 9), n: 1000 });
  });

  test('is significant just when the preference of all sessions is', () => {
    for (const won of [50, 70, 80, 90, 100, 120]) {
      const statistic = of(won, 50, 1000);
      const found = interleaving(statistic, { alpha: 0.025, minimum: 100 });
      if (found.kind !== 'interleaving') throw new Error(found.message);
      const { low, high } = read(statistic);
      expect(low > 0.5).toBe(found.sequential.low > 0);
      expect(high < 0.5).toBe(found.sequential.high < 0);
    }
  });

  test('says no more than that all or none were won', () => {
    const { low, high } = read(of(3, 1, 200));
    expect(low).toBe(0);
    expect(high).toBe(1);
  });

  test('is missing where nobody prefers one, or few came', () => {
    expect(read(of(0, 0, 1000))).toEqual({ missing: expect.stringMatching(/^no variance/) });
    expect(read(of(10, 3, 40))).toEqual({ missing: 'not enough data: 40 of 100 sessions' });
  });
});
