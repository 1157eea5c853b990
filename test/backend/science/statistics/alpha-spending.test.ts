import { expect, test } from 'vitest';
import { alphaOfLook } from '../../../../backend/science/statistics/alpha-spending.ts';

test('the parts of all looks add up to the error rate, and never to more', () => {
  let [spent, before] = [0, Infinity];
  for (let look = 1; look <= 100_000; look++) {
    const part = alphaOfLook(look, 0.05);
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(before);
    spent += part;
    before = part;
  }
  // By its definition all but alpha / log₂(n + 2) of it is spent after n looks.
  expect(spent).toBeCloseTo(0.05 * (1 - 1 / Math.log2(100_002)), 12);
  expect(alphaOfLook(1, 0.05)).toBeCloseTo(0.05 * (1 - 1 / Math.log2(3)), 15);
});

test('what is no look spends nothing', () => {
  for (const look of [0, -1, 1.5, Number.NaN])
    expect(() => alphaOfLook(look, 0.05)).toThrow('looks are numbered from 1');
});
