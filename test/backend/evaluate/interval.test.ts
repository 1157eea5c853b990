import { describe, expect, test } from 'vitest';
import { clusteredMean } from '../../../backend/evaluate/interval.ts';
import { judge } from '../../../backend/evaluate/gate.ts';
import { seededRandom } from '../../../shared/explore/random.ts';

describe('clusteredMean', () => {
  test('with one value per cluster is the plain mean with its usual interval', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    const estimate = clusteredMean(
      values,
      values.map((_, i) => i),
    )!;
    const error = Math.sqrt(values.reduce((sum, x) => sum + (x - 5) ** 2, 0) / 7 / 8);
    expect(estimate.mean).toBe(5);
    expect(estimate.high - estimate.mean).toBeCloseTo(1.959963984540054 * error, 12);
  });

  test('covers the truth in about 95 % of runs where values of a cluster are alike, and a naive interval does not', () => {
    const random = seededRandom(17);
    const noise = () => random() + random() + random() - 1.5;
    let [covered, naive] = [0, 0];
    const runs = 1000;
    for (let run = 0; run < runs; run++) {
      const [values, cluster]: [number[], number[]] = [[], []];
      for (let c = 0; c < 150; c++) {
        const shift = noise();
        const size = 1 + Math.floor(random() * 8);
        for (let i = 0; i < size; i++) {
          values.push(shift + 0.5 * noise());
          cluster.push(c);
        }
      }
      const robust = clusteredMean(values, cluster)!;
      const blind = clusteredMean(
        values,
        values.map((_, i) => i),
      )!;
      covered += Number(robust.low <= 0 && robust.high >= 0);
      naive += Number(blind.low <= 0 && blind.high >= 0);
    }
    expect(covered / runs).toBeGreaterThan(0.93);
    expect(covered / runs).toBeLessThan(0.97);
    expect(naive / runs).toBeLessThan(0.85);
  });

  test('answers nothing rather than a certainty for one cluster', () => {
    expect(clusteredMean([1, 2, 3], [0, 0, 0])).toBeUndefined();
  });
});

describe('judge', () => {
  const estimate = (low: number, clusters: number) => ({
    mean: 0.1,
    low,
    high: 0.3,
    n: 100,
    clusters,
  });

  test.each([
    ['promotes when the whole interval lies above 0', estimate(0.01, 50), 'promote'],
    ['keeps the champion when the interval touches 0', estimate(0, 50), 'keep champion'],
    [
      'has no verdict on too few sessions, however large the gain',
      estimate(0.09, 29),
      'not enough data',
    ],
    ['has no verdict without an estimate', undefined, 'not enough data'],
  ])('%s', (_, gain, verdict) => {
    expect(judge(gain).verdict).toBe(verdict);
  });
});
