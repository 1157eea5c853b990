import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactExp } from '../../../shared/explore/exact-exp.ts';
import { fuzz, SEED } from '../support/seed.ts';

describe('exactExp', () => {
  it(`is eˣ within a unit in the last place or two (seed ${SEED})`, () => {
    fuzz(
      fc.double({ min: -700, max: 0, noNaN: true }),
      (x) => {
        expect(Math.abs(exactExp(x) / Math.exp(x) - 1)).toBeLessThan(2 ** -51);
      },
      2000,
    );
  });

  it.each([
    { x: 0, is: 1 },
    { x: -0, is: 1 },
    { x: -1e-20, is: 1 },
    { x: -745.13, is: 5e-324 },
    { x: -745.2, is: 0 },
    { x: -1e9, is: 0 },
    { x: Number.NEGATIVE_INFINITY, is: 0 },
    { x: -1, is: 0.36787944117144233 },
    { x: -0.7, is: 0.4965853037914095 },
    { x: -37 / 3, is: 0.000004402520529973925 },
    { x: -100.1, is: 3.3660639410403144e-44 },
  ])('is $is for $x, to the last bit', ({ x, is }) => {
    expect(exactExp(x)).toBe(is);
  });

  it('never falls as x rises', () => {
    fuzz(
      fc.tuple(
        fc.double({ min: -750, max: 0, noNaN: true }),
        fc.double({ min: 1e-12, max: 1, noNaN: true }),
      ),
      ([x, step]) => {
        expect(exactExp(x - step)).toBeLessThanOrEqual(exactExp(x));
      },
    );
  });
});
