import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addCrossProducts,
  jointMoments,
} from '../../../../backend/science/experiment/cross-products.ts';
import { ratioMoments } from '../../../../backend/science/statistics/ratio-statistic.ts';
import {
  covariance,
  sampleMoments,
} from '../../../../backend/science/statistics/sample-statistic.ts';
import {
  meanStatistic,
  ratioStatistic,
} from '../../../../backend/science/statistics/statistics.ts';
import { productsOf } from './products-of.ts';

const COLUMNS = ['dwell', 'clicks/numerator', 'clicks/denominator'];
const unit = fc.tuple(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: 0, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
);

describe('cross products', () => {
  test('of parts add up to those of the whole, and are frozen', () => {
    fc.assert(
      fc.property(fc.array(unit), fc.array(unit), (one, other) => {
        const sum = addCrossProducts(productsOf(COLUMNS, one), productsOf(COLUMNS, other));
        expect(sum).toEqual(productsOf(COLUMNS, [...one, ...other]));
        for (const part of [sum, sum.sums, sum.products]) {
          expect(Object.isFrozen(part)).toBe(true);
        }
      }),
    );
  });

  test("give each metric's own moments, and those of two together", () => {
    fc.assert(
      fc.property(fc.array(unit, { minLength: 2 }), (units) => {
        const of = (column: number) => units.map((values) => values[column]);
        const [dwell, ratio] = [meanStatistic(of(0)), ratioStatistic(of(1), of(2))];
        const found = jointMoments(productsOf(COLUMNS, units), ['clicks', 'dwell']);
        if ('missing' in found) throw new Error(found.missing);
        const near = (value: number, expected: number) =>
          expect(Math.abs(value - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)));
        near(found.means[0], ratioMoments(ratio).mean);
        near(found.means[1], sampleMoments(dwell).mean);
        near(found.covariance[0], ratioMoments(ratio).variance);
        near(found.covariance[3], sampleMoments(dwell).variance);
        // Against the linearised values themselves.
        const r = ratio.numerator.sum / ratio.denominator.sum;
        const d = ratio.denominator.sum / units.length;
        const line = units.map(([, above, below]) => (above - r * below) / d);
        const products = line.reduce((sum, value, i) => sum + value * units[i][0], 0);
        near(found.covariance[1], covariance(meanStatistic(line), dwell, products));
        expect(found.covariance[2]).toBe(found.covariance[1]);
      }),
    );
  });

  test('name the metric that they lack', () => {
    const products = productsOf(COLUMNS, [
      [1, 0, 0],
      [2, 0, 0],
    ]);
    expect(jointMoments(products, ['dwell', 'saves'])).toEqual({ missing: 'saves' });
    expect(jointMoments(products, ['clicks'])).toEqual({ missing: 'clicks' });
  });

  test('of other columns do not add up', () => {
    expect(() => addCrossProducts(productsOf(['a'], []), productsOf(['b'], []))).toThrow(
      'cross products of [a] and [b] do not add up',
    );
  });
});
