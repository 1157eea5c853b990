import { describe, expect, test } from 'vitest';
import { sequentialSrm } from '../../../../backend/science/statistics/sequential-srm.ts';
import { srmCheck } from '../../../../backend/science/statistics/srm.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { answered, times } from '../experiment/draws.ts';

/** The chance of a sequence of units by Pólya's urn over that by the shares: what the gamma functions are short for. */
function byUrn(arms: readonly number[], shares: readonly number[], kappa: number): number {
  const seen = shares.map(() => 0);
  return arms.reduce((log, arm, n) => {
    const chance = (kappa * shares[arm] + seen[arm]++) / (kappa + n);
    return log + Math.log(chance / shares[arm]);
  }, 0);
}

/** The chance of a sequence of units where 6 % of one arm's are lost, over that by the shares. */
function byLoss(arms: readonly number[], shares: readonly number[], losing: number): number {
  const left = shares.map((share, arm) => (arm === losing ? 0.94 * share : share));
  const total = left.reduce((a, b) => a + b, 0);
  return arms.reduce((log, arm) => log + Math.log(left[arm] / total / shares[arm]), 0);
}

describe('the sample ratio, read at every look', () => {
  test.each([
    [
      [130, 70],
      [1, 1],
    ],
    [
      [700, 1100],
      [0.5, 0.5],
    ],
    [
      [3, 60, 1],
      [0.2, 0.7, 0.1],
    ],
    [
      [12_400, 600],
      [0.97, 0.03],
    ],
  ])(
    '%j of %j has the p-value of urn and loss, whatever the order of its units',
    (sizes, weights) => {
      const total = weights.reduce((a, b) => a + b, 0);
      const shares = weights.map((weight) => weight / total);
      const random = seededRandom(7);
      const units = sizes
        .flatMap((count, arm) => times(count, () => ({ arm, at: random() })))
        .toSorted((a, b) => a.at - b.at)
        .map(({ arm }) => arm);
      const spread = [1, 1, 12, 8, 2].reduce(
        (sum, weight, i) => sum + (weight / 32) * Math.exp(byUrn(units, shares, 10 ** (i + 1))),
        0,
      );
      const lost = shares.reduce(
        (sum, _, arm) => sum + Math.exp(byLoss(units, shares, arm)) / shares.length,
        0,
      );
      const e = spread + (8 / 32) * lost;
      const { pValue } = answered(sequentialSrm(sizes, weights));
      expect(Math.abs(pValue / Math.min(1, 1 / e) - 1)).toBeLessThan(1e-6);
    },
  );

  test('calls fair arms a mismatch in less than alpha of experiments, over all looks; χ² in three times that and more', () => {
    const [RUNS, LOOKS, ALPHA] = [400, 500, 0.05];
    const calls = { always: 0, once: 0 };
    for (let run = 0; run < RUNS; run++) {
      const random = seededRandom(run);
      const [arms, called] = [[0, 0], { always: false, once: false }];
      for (let look = 0; look < LOOKS; look++) {
        for (let i = 0; i < 20; i++) arms[random() < 0.1 ? 1 : 0]++;
        called.always ||= answered(sequentialSrm(arms, [9, 1], { alpha: ALPHA })).mismatch;
        called.once ||= answered(srmCheck(arms, [9, 1], { alpha: ALPHA })).mismatch;
      }
      calls.always += Number(called.always);
      calls.once += Number(called.once);
    }
    expect(calls.always / RUNS).toBeLessThan(ALPHA);
    expect(calls.once / RUNS).toBeGreaterThan(3 * ALPHA);
  });

  test.each([
    ['every unit in one arm', [30, 0], [1, 1]],
    ['one unit in twenty lost', [19_000, 20_000], [1, 1]],
    ['one in a hundred lost, of many', [792_000, 800_000], [1, 1]],
    ['a canary that loses a fifth', [800, 19_000], [0.05, 0.95]],
  ])('finds %s', (_, sizes, weights) => {
    expect(sequentialSrm(sizes, weights)).toMatchObject({ mismatch: true });
  });

  test('needs at most 4.4 standard errors at the size where it is to find 51 of 100', () => {
    const units = 64_000;
    const off = Math.round((4.4 * Math.sqrt(units)) / 2);
    const sizes = [units / 2 + off, units / 2 - off];
    expect(sequentialSrm(sizes, [1, 1])).toMatchObject({ mismatch: true });
  });

  test('has no answer of nobody, and says what is wrong with the weights', () => {
    expect(sequentialSrm([0, 0], [1, 1])).toMatchObject({ reason: 'not-enough-data' });
    expect(() => sequentialSrm([1, 2], [1, 0])).toThrow('weight must be above 0, not 0');
  });
});
