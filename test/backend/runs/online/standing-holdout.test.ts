import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect } from '../../../../backend/experiments/collect-statistics.ts';
import { readStandingHoldout } from '../../../../backend/runs/online/standing-holdout.ts';
import { DEFAULT_METRICS } from '../../../../shared/domain/metric.ts';
import { happened, NOON, openLog, rankingOf, type Log } from '../../log/support/log.ts';

const metric = DEFAULT_METRICS.find(({ name }) => name === 'click_through')!;
const rules = { metric, alpha: 0.05, minimumPerArm: 200, holdoutShare: 0.2 };
const HOUR = 3_600_000;

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON);
});
afterEach(() => log.close());

/** Sessions of one ranking each under a version, of which a share clicks. */
async function sessions(version: string, arm: string, n: number, clickShare: number, hour: number) {
  const decisions = Array.from({ length: n }, (_, i) =>
    rankingOf(`${version}-${arm}-${i}`, NOON + hour * HOUR + 1000 * i, {
      arm: `exp_1:b learning-champion-${version}:${arm}`,
    }),
  );
  const clicks = decisions.filter(
    (_, i) => Math.floor((i + 1) * clickShare) > Math.floor(i * clickShare),
  );
  await log.add(
    decisions,
    clicks.map((one) => happened(one, 'click')),
  );
}
const read = async () => {
  await log.update();
  return readStandingHoldout(
    log.store,
    (experiment, options) => collect(log.store, experiment, options),
    rules,
    NOON + 100 * HOUR,
  );
};

test('of all versions together the differences within each count, and not which season a version had', async () => {
  // In a bad season most are held out, in a good one few: pooled, learning would seem to help far more than it does.
  await sessions('v000001', 'holdout', 800, 0.1, 0);
  await sessions('v000001', 'learned', 200, 0.15, 0);
  await sessions('v000002', 'holdout', 200, 0.6, 10);
  await sessions('v000002', 'learned', 800, 0.65, 10);
  // Too few for a variance: listed, and no part of the sum.
  await sessions('v000003', 'holdout', 9, 0.5, 20);
  await sessions('v000003', 'learned', 9, 0.5, 20);
  const { versions, sum } = await read();
  expect(versions).toMatchObject([
    { version: 'v000003', heldOut: 9 },
    { version: 'v000002', arm: 'champion', heldOut: 200, learned: 800 },
    { version: 'v000001', heldOut: 800, learned: 200 },
  ]);
  if ('missing' in sum) throw new Error(sum.missing);
  expect(sum).toMatchObject({ versions: 2, heldOut: 1000, learned: 1000, from: NOON });
  expect(sum.to).toBe(NOON + 10 * HOUR + 799_000);
  expect(sum.estimate).toBeCloseTo(0.05, 9);
  expect(sum.low).toBeLessThan(0.05);
  expect(sum.high).toBeGreaterThan(0.05);
  // What has too few sessions to be in the sum is none of its time either.
  for (const arm of ['holdout', 'learned']) await sessions('v000003', arm, 10, 0.5, 20);
  const later = await read();
  expect(later.versions).toHaveLength(3);
  expect(later.sum).toEqual(sum);
});

test('versions that each say nothing say something together, and few sessions say nothing', async () => {
  for (const v of [1, 2, 3, 4, 5]) {
    await sessions(`v00000${v}`, 'holdout', 190, 0.2, 10 * v);
    await sessions(`v00000${v}`, 'learned', 190, 0.5, 10 * v);
    const { sum, versions } = await read();
    expect('missing' in versions[0].reading).toBe(true);
    if (v === 1) expect(sum).toEqual({ missing: expect.stringMatching(/190 of 200/) });
    if (v === 5 && !('missing' in sum)) expect(sum.low).toBeGreaterThan(0);
    expect('missing' in sum).toBe(v === 1);
  }
});

test('what is missing counts those who were held out, and says where they are too few in each version', async () => {
  const missing = async () => {
    const { sum } = await read();
    return 'missing' in sum ? sum.missing : undefined;
  };
  await sessions('v000001', 'holdout', 5, 0.2, 0);
  await sessions('v000001', 'learned', 100, 0.2, 0);
  expect(await missing()).toBe('not enough data: 5 of 200 sessions that are held out');
  for (const v of [2, 3, 4, 5, 6, 7, 8, 9])
    for (const arm of ['holdout', 'learned']) await sessions(`v00000${v}`, arm, 25, 0.2, 10 * v);
  expect(await missing()).toMatch(/0 of 200 .* of versions which held out 30 or more/);
});

test('no other experiment is taken for a holdout', async () => {
  await log.add([rankingOf('a', NOON, { arm: 'learning-x:holdout learnings:b exp_1:a' })], []);
  expect(await read()).toMatchObject({ versions: [], sum: { missing: expect.any(String) } });
});
