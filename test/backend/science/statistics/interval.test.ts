import { describe, expect, test } from 'vitest';
import { clusteredMean } from '../../../../backend/science/statistics/interval.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

describe('clusteredMean', () => {
  test('with one value per cluster is the plain mean with its t interval', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    const estimate = clusteredMean(
      values,
      values.map((_, i) => i),
    )!;
    const error = Math.sqrt(values.reduce((sum, x) => sum + (x - 5) ** 2, 0) / 7 / 8);
    expect(estimate.mean).toBe(5);
    expect(estimate.high - estimate.mean).toBeCloseTo(2.3646242515927853 * error, 10);
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
