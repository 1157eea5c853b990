import { expect, test } from 'vitest';
import { effectOf } from '../../../../backend/science/statistics/effect.ts';
import { testGuardrail } from '../../../../backend/science/experiment/guardrail.ts';
import { meanStatistic } from '../../../../backend/science/statistics/statistics.ts';
import { addStatistics } from '../../../../backend/science/statistics/statistic-kinds.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { normal, times } from './draws.ts';

test.each([
  ['equal arms', 1],
  ['nine to one', 9],
])(
  'a loss of rare, skewed revenue that is just borne, read daily, is called broken or kept in at most 5 %: %s',
  (_, split) => {
    const random = seededRandom(131);
    const [RUNS, DAYS, MARGIN] = [250, 14, 0.05];
    const day = (n: number, factor: number) =>
      meanStatistic(times(n, () => (random() < 0.01 ? factor * Math.exp(normal(random)) : 0)));
    const calls = { broken: 0, kept: 0, brokenByFound: 0 };
    for (let run = 0; run < RUNS; run++) {
      let [control, treatment] = [day(200 * split, 1), day(200, 1 - MARGIN)];
      const seen = new Set<keyof typeof calls>();
      for (let at = 1; at < DAYS; at++) {
        control = addStatistics(control, day(200 * split, 1));
        treatment = addStatistics(treatment, day(200, 1 - MARGIN));
        const verdict = (hypothesis?: number) => {
          const effect = effectOf(control, treatment, { difference: 'relative', hypothesis });
          const found = testGuardrail(effect, MARGIN);
          return found.kind === 'guardrail' ? found.verdict : 'open';
        };
        const own = verdict(-MARGIN);
        if (own !== 'open') seen.add(own);
        if (verdict() === 'broken') seen.add('brokenByFound');
      }
      for (const name of seen) calls[name]++;
    }
    expect(calls.broken / RUNS).toBeLessThanOrEqual(0.05);
    expect(calls.kept / RUNS).toBeLessThanOrEqual(0.05);
    expect(calls.brokenByFound / RUNS).toBeGreaterThan(0.08);
  },
);
