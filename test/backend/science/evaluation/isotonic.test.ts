import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitIsotonic, isotonicAt } from '../../../../backend/science/evaluation/isotonic.ts';

describe('fitIsotonic', () => {
  test('pools what falls, and draws straight lines between the levels', () => {
    const curve = fitIsotonic([1, 2, 3, 4], [0, 1, 0, 1])!;
    expect([...curve.x]).toEqual([1, 2, 3, 4]);
    expect([...curve.y]).toEqual([0, 0.5, 0.5, 1]);
    expect([0, 1.5, 2.7, 3.5, 9].map((at) => isotonicAt(curve, at))).toEqual([
      0, 0.25, 0.5, 0.75, 1,
    ]);
  });

  test('has no answer without rows of weight, one level for one row', () => {
    expect(fitIsotonic([], [])).toBeUndefined();
    expect(fitIsotonic([1, 2], [1, 0], [0, 0])).toBeUndefined();
    expect(isotonicAt(fitIsotonic([5], [0.3])!, -100)).toBe(0.3);
  });

  const rows = fc.array(
    fc.record({
      x: fc.integer({ min: 0, max: 9 }),
      y: fc.integer({ min: -3, max: 3 }),
      weight: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 40 },
  );

  test('is the projection onto rising curves: the largest of the smallest interval means', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const column = (name: 'x' | 'y' | 'weight') => all.map((row) => row[name]);
        const curve = fitIsotonic(column('x'), column('y'), column('weight'))!;
        const values = [...new Set(column('x'))].toSorted((a, b) => a - b);
        const meanOver = (from: number, to: number) => {
          const inside = all.filter(({ x }) => x >= from && x <= to);
          const mass = inside.reduce((sum, { weight }) => sum + weight, 0);
          return inside.reduce((sum, { y, weight }) => sum + y * weight, 0) / mass;
        };
        // Min–max formula (Robertson, Wright & Dykstra, 1988): an oracle that pools nothing.
        for (const at of values) {
          const expected = Math.max(
            ...values
              .filter((from) => from <= at)
              .map((from) =>
                Math.min(...values.filter((to) => to >= at).map((to) => meanOver(from, to))),
              ),
          );
          expect(isotonicAt(curve, at)).toBeCloseTo(expected, 10);
        }
      }),
      { seed: 3005 },
    );
  });
});
