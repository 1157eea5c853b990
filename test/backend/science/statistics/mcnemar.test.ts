import { expect, test } from 'vitest';
import { mcnemarTwoSided } from '../../../../backend/science/statistics/mcnemar.ts';

/** Adds up the probabilities one by one, in logarithms. */
function oracle(a: number, b: number): number {
  const n = a + b;
  let [log, tail] = [-n * Math.LN2, 0];
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(log);
    log += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

test.each([
  [0, 0],
  [0, 5],
  [3, 9],
  [10, 10],
  [40, 61],
  [480, 520],
  [900, 1100],
  [1000, 1000],
  [4900, 5100],
])('%i and %i cases in which one rule alone is right', (a, b) => {
  expect(mcnemarTwoSided(a, b)).toBeCloseTo(oracle(a, b), 9);
  expect(mcnemarTwoSided(b, a)).toBe(mcnemarTwoSided(a, b));
});

test('many balanced cases are no evidence, and lopsided ones are', () => {
  expect(mcnemarTwoSided(1000, 1001)).toBe(1);
  expect(mcnemarTwoSided(900, 1300)).toBeLessThan(1e-10);
});
