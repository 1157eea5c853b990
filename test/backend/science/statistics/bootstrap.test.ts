import { describe, expect, test } from 'vitest';
import { bootstrapMean } from '../../../../backend/science/statistics/bootstrap.ts';
import { clusterTotals, meanOf } from '../../../../backend/science/statistics/interval.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

const SEED = 4101;

describe('bootstrapMean', () => {
  const random = seededRandom(SEED);
  const each = (values: readonly number[]) =>
    clusterTotals(
      values,
      values.map((_, i) => i),
    );

  test('the same seed gives the same interval, another seed another', () => {
    const totals = each(Array.from({ length: 40 }, random));
    const at = (seed: number) => bootstrapMean(totals, { seed });
    expect(at(1)).toEqual(at(1));
    expect(at(1)!.low).not.toBe(at(2)!.low);
  });

  test('lies about the mean, and leans the way the values do', () => {
    // A few large values on the right: the mean may well be higher than seen, hardly lower.
    const totals = each(Array.from({ length: 30 }, () => Math.exp(2 * (random() + random()) - 2)));
    const { low, high } = bootstrapMean(totals, { seed: 1, resamples: 4000 })!;
    const mean = meanOf(totals);
    expect(low).toBeLessThan(mean);
    expect(high - mean).toBeGreaterThan(1.1 * (mean - low));
  });

  test.each([
    ['one cluster', clusterTotals([1, 2, 3], [0, 0, 0])],
    ['values without spread', each([2, 2, 2])],
  ])('has no answer for %s', (_, totals) => {
    expect(bootstrapMean(totals, { seed: 1 })).toBeUndefined();
  });
});
