import { assert, double, integer, property, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantileEdges } from '../../../shared/features/quantile-edges.ts';

describe('quantile edges', () => {
  it.each<[string, number[], number, number[]]>([
    ['cut eight numbers into four pairs', [8, 1, 7, 2, 6, 3, 5, 4], 4, [2, 4, 6]],
    ['need no values', [], 4, []],
    ['are none where all values are equal', [3, 3, 3], 4, []],
    ['are fewer where values repeat', [1, 1, 1, 1, 1, 1, 2, 9], 4, [1]],
    ['leave out what is not finite', [Number.NaN, 1, 2, Number.POSITIVE_INFINITY], 2, [1]],
    ['cut two values once', [10, 20], 8, [10]],
    ['are none for one bin', [1, 2, 3], 1, []],
  ])('%s', (_, values, bins, edges) => {
    expect(quantileEdges(values, bins)).toEqual(edges);
  });

  it('rise strictly, leave no bin empty, and put about the same count into each when values differ', () => {
    const distinct = uniqueArray(double({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 200,
      comparator: 'SameValueZero',
    });
    assert(
      property(distinct, integer({ min: 2, max: 20 }), (values, bins) => {
        const edges = quantileEdges(values, bins);
        const counts = Array.from({ length: edges.length + 1 }, () => 0);
        for (const value of values) counts[edges.filter((edge) => value > edge).length]++;
        expect(edges).toEqual(edges.toSorted((a, b) => a - b));
        expect(Math.min(...counts)).toBeGreaterThan(0);
        expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil(values.length / bins));
      }),
    );
  });
});
