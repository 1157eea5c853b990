import { expect, test } from 'vitest';
import { binomialBounds } from './binomial-bounds.ts';

test.each([
  // Counted by hand: 2⁻¹⁰ is just under a thousandth, and 11 · 2⁻¹⁰ is over it.
  [10, 0.5, { least: 1, most: 9 }],
  // Once in ten thousand times both fail.
  [2, 0.99, { least: 1, most: 2 }],
])('of %i tries at %f', (tries, probability, bounds) => {
  expect(binomialBounds(tries, probability)).toEqual(bounds);
});
