import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect } from '../../../../backend/experiments/collect-statistics.ts';
import { ensureLayer } from '../../../../backend/experiments/layers.ts';
import { compareHoldout, readHoldout } from '../../../../backend/runs/online/harm.ts';
import type { LearnerRow } from '../../../../backend/runs/online/learner-rows.ts';
import type { ExperimentStatistics } from '../../../../backend/science/experiment/experiment-statistics.ts';
import { DEFAULT_METRICS } from '../../../../shared/domain/metric.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { binomialBounds } from '../../../support/binomial-bounds.ts';
import { happened, NOON, openLog, rankingOf, type Log } from '../../log/support/log.ts';

const metric = DEFAULT_METRICS.find(({ name }) => name === 'click_through')!;
const rules = { metric, alpha: 0.05, minimumPerArm: 50, holdoutShare: 0.2 };

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON);
});
afterEach(() => log.close());

/** Sessions of one ranking each, of which a share clicks. */
async function sessions(arm: string, count: number, clickShare: number, from: number) {
  const decisions = Array.from({ length: count }, (_, i) =>
    rankingOf(`${arm}-${from + i}`, NOON + 1000 * (from + i), {
      arm: `exp_1:b learning-champion-v000000:${arm}`,
    }),
  );
  const clicks = decisions.filter((_, i) => (i * clickShare) % 1 > 1 - clickShare);
  await log.add(
    decisions,
    clicks.map((one) => happened(one, 'click')),
  );
}

const row = { arm: 'champion', version: 'v000000', startedAt: NOON } as LearnerRow;
const reading = async () => {
  await log.update();
  const all = (...[experiment, options]: Parameters<Parameters<typeof readHoldout>[0]>) =>
    collect(log.store, experiment, options);
  return readHoldout(all, row, rules, NOON + 1e9);
};

test('sessions that are held out are compared with all others since the version went live', async () => {
  expect(await reading()).toEqual({ missing: 'no session was held out yet' });
  await sessions('holdout', 300, 0.6, 0);
  await sessions('learned', 900, 0.3, 300);
  const found = await reading();
  expect(found).toMatchObject({ metric: 'click_through', sessions: 1200, isHarm: true });
});

test('sessions are compared also where experiments on versions count by user', async () => {
  await ensureLayer(log.store, { name: 'weights', unit: 'user', rank: 10 }, NOON);
  await sessions('holdout', 300, 0.6, 0);
  await sessions('learned', 900, 0.3, 300);
  expect(await reading()).toMatchObject({ sessions: 1200, isHarm: true });
});

test('a gain is no harm, and neither is what chance alone may do', async () => {
  await sessions('holdout', 300, 0.3, 0);
  await sessions('learned', 900, 0.6, 300);
  expect(await reading()).toMatchObject({ isHarm: false });
});

test('with few sessions nothing is said', async () => {
  await sessions('holdout', 20, 0.6, 0);
  await sessions('learned', 900, 0.1, 300);
  expect(await reading()).toMatchObject({ missing: expect.stringMatching(/20/) });
});

/** Looks at proportions of two arms that differ by a factor, until harm is seen. */
function stops(seed: number, factor: number): boolean {
  const random = seededRandom(seed);
  const [clicked, n] = [
    [0, 0],
    [0, 0],
  ];
  for (let look = 0; look < 40; look++) {
    for (let i = 0; i < 1000; i++) {
      const arm = random() < 0.05 ? 0 : 1;
      n[arm]++;
      if (random() < 0.3 * (arm === 1 ? factor : 1)) clicked[arm]++;
    }
    const days = ['holdout', 'learned'].map((arm, i) => ({
      day: '2026-03-10',
      arm,
      units: n[i],
      statistics: { click_through: { kind: 'proportion', n: n[i], sum: clicked[i] } },
    }));
    const found = compareHoldout({ days } as unknown as ExperimentStatistics, rules);
    if ('isHarm' in found && found.isHarm) return true;
  }
  return false;
}

test('over forty looks, harm is seen where there is none in no more than the error rate, and nearly always where there is', () => {
  const RUNS = 200;
  const count = (factor: number) =>
    Array.from({ length: RUNS }, (_, seed) => stops(seed, factor)).filter(Boolean).length;
  expect(count(1)).toBeLessThanOrEqual(binomialBounds(RUNS, rules.alpha / 2).most);
  expect(count(0.8)).toBeGreaterThanOrEqual(binomialBounds(RUNS, 0.9).least);
});
