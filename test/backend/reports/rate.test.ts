import { expect, test } from 'vitest';
import { wilson } from '../../../backend/science/statistics/wilson.ts';
import { rateOf } from '../../../backend/reports/rate.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { sumsOf } from './sums-of.ts';

test('covers the true rate 95 times of 100 where sessions are alike inside, as the binomial interval does not', () => {
  let [covered, naive] = [0, 0];
  const runs = 600;
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(run);
    const sessions = Array.from({ length: 300 }, () => {
      // Half of the visitors click on nearly everything, half on nearly nothing: 0.5 on the whole.
      const likes = random() < 0.5 ? 0.9 : 0.1;
      const rankings = 1 + Math.floor(random() * 9);
      let hits = 0;
      for (let i = 0; i < rankings; i++) if (random() < likes) hits++;
      return { rankings, hits };
    });
    const sums = sumsOf(sessions);
    const { low, high } = rateOf(sums);
    if (low! <= 0.5 && 0.5 <= high!) covered++;
    const binomial = wilson(sums.hits, sums.rankings);
    if (binomial.low! <= 0.5 && 0.5 <= binomial.high!) naive++;
  }
  expect(covered / runs).toBeGreaterThan(0.93);
  expect(covered / runs).toBeLessThan(0.97);
  expect(naive / runs).toBeLessThan(0.8);
});

test('is the binomial interval where every session ranked once', () => {
  const sessions = Array.from({ length: 10_000 }, (_, i) => ({
    rankings: 1,
    hits: i < 3000 ? 1 : 0,
  }));
  const { rate, low, high } = rateOf(sumsOf(sessions));
  expect(rate).toBe(0.3);
  expect(low).toBeCloseTo(wilson(3000, 10_000).low!, 6);
  expect(high).toBeCloseTo(wilson(3000, 10_000).high!, 6);
});

test.each([
  [[], {}],
  [[{ rankings: 4, hits: 0 }], wilson(0, 4)],
  [Array.from({ length: 9 }, () => ({ rankings: 2, hits: 2 })), wilson(18, 18)],
])('of %j is told as far as it can be', (sessions, expected) => {
  expect(rateOf(sumsOf(sessions))).toEqual(expected);
});
