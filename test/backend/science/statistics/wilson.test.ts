import { expect, test } from 'vitest';
import { wilson } from '../../../../backend/science/statistics/wilson.ts';

// Expected values: Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('%i of %i lies between %f and %f', (successes, tries, low, high) => {
  const interval = wilson(successes, tries);
  expect(interval.rate).toBeCloseTo(successes / tries, 12);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});

test('of no tries there is no rate', () => {
  expect(wilson(0, 0)).toEqual({});
});
