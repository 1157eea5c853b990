import { describe, expect, test } from 'vitest';
import { pairedComparison } from '../../../../backend/science/statistics/paired-comparison.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

const SEED = 4201;

describe('pairedComparison', () => {
  const before = [3, 5, 4, 6, 2, 5, 4, 7];
  const after = [4, 7, 4, 7, 4, 5, 6, 9];
  const each = before.map((_, i) => i);

  test('with one slate per cluster is the paired t-test of scipy.stats.ttest_rel', () => {
    const result = pairedComparison(before, after, each, { seed: 1 });
    if (result.kind !== 'compared') throw new Error(result.reason);
    // Differences 1 2 0 1 2 0 2 2: mean 1.25, sd √(5.5/7), t = 1.25 / √(5.5/56).
    expect(result.mean).toBe(1.25);
    expect(result.p).toBeCloseTo(0.005265691029161745, 12);
    expect(result.low).toBeCloseTo(1.25 - 2.3646242515927853 * Math.sqrt(5.5 / 56), 9);
    expect(result.bootstrap.low).toBeGreaterThan(0);
  });

  test('the other way round is the same difference with its sign turned', () => {
    const there = pairedComparison(before, after, each, { seed: 1 });
    const back = pairedComparison(after, before, each, { seed: 1 });
    if (there.kind !== 'compared' || back.kind !== 'compared') throw new Error('both compare');
    expect(back.mean).toBe(-there.mean);
    expect(back.low).toBeCloseTo(-there.high, 12);
    expect(back.p).toBeCloseTo(there.p, 12);
  });

  test('slates of one user that say the same do not count as more evidence', () => {
    const again = (values: readonly number[]) => values.flatMap((value) => [value, value, value]);
    const once = pairedComparison(before, after, each, { seed: 1 });
    const thrice = pairedComparison(again(before), again(after), again(each), { seed: 1 });
    if (once.kind !== 'compared' || thrice.kind !== 'compared') throw new Error('both compare');
    expect(thrice.p).toBeCloseTo(once.p, 10);
    expect(thrice).toMatchObject({ n: 24, clusters: 8 });
  });

  test.each([
    ['one user', [1, 2], [3, 5], [0, 0], {}, '1 of 2 clusters'],
    ['no slates', [], [], [], {}, '0 of 2 clusters'],
    ['fewer users than asked for', before, after, each, { minClusters: 30 }, '8 of 30 clusters'],
    ['two versions that do the same', before, before, each, {}, 'all clusters differ by 0'],
    [
      'a difference that rounding alone varies',
      [0.1, 0.2, 0.3],
      [0.2, 0.3, 0.4],
      [0, 1, 2],
      {},
      'no variance',
    ],
  ])('%s: not enough data, and why', (_, left, right, cluster, more, reason) => {
    const result = pairedComparison(left, right, cluster, { seed: 1, ...more });
    expect(result).toMatchObject({ kind: 'not enough data', n: left.length });
    expect(result.kind === 'not enough data' && result.reason).toContain(reason);
  });

  test('refuses slates that do not pair', () => {
    expect(() => pairedComparison([1], [1, 2], [0], { seed: 1 })).toThrow(
      '1 slates before, 2 after',
    );
    expect(() => pairedComparison([1, 2], [1, 2], [0], { seed: 1 })).toThrow(
      '2 values for 1 cluster numbers: give one each',
    );
  });

  test(`both intervals cover the truth in 93 to 97 % of 1,000 runs of 40 users, seed ${SEED}`, () => {
    const random = seededRandom(SEED);
    const noise = () => random() + random() + random() - 1.5;
    const truth = 0.2;
    let [t, bootstrap, rejected] = [0, 0, 0];
    for (let run = 0; run < 1000; run++) {
      const [left, right, cluster]: [number[], number[], number[]] = [[], [], []];
      for (let user = 0; user < 40; user++) {
        // Some skew, a shift per user, and users with more slates than others.
        const shift = noise() + 0.3 * (random() ** 3 - 0.25);
        for (let i = 0; i < 1 + Math.floor(random() * 4); i++) {
          const base = noise();
          left.push(base);
          right.push(base + truth + shift + 0.5 * noise());
          cluster.push(user);
        }
      }
      const result = pairedComparison(left, right, cluster, { seed: run, resamples: 1000 });
      if (result.kind !== 'compared') throw new Error(result.reason);
      t += Number(result.low <= truth && truth <= result.high);
      bootstrap += Number(result.bootstrap.low <= truth && truth <= result.bootstrap.high);
      rejected += Number(result.p < 0.05) - Number(result.low > 0 || result.high < 0);
    }
    console.info(`covered: t ${t / 10} %, bootstrap ${bootstrap / 10} %`);
    expect(t).toBeGreaterThanOrEqual(930);
    expect(t).toBeLessThanOrEqual(970);
    expect(bootstrap).toBeGreaterThanOrEqual(930);
    expect(bootstrap).toBeLessThanOrEqual(970);
    // p < 0.05 exactly where the interval leaves 0 out.
    expect(rejected).toBe(0);
  });
});
