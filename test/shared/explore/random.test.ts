import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';

const first = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random() * 2 ** 32);
};

describe('seededRandom', () => {
  it.each([
    [0, [1863232413, 680981369, 1840377231, 1839648524]],
    [1, [887271834, 3837467884, 1520238554, 277173426]],
    [4_294_967_295, [3097712622, 1084682745, 553003248, 2926854914]],
  ])('gives the same numbers for seed %i for ever', (seed, numbers) => {
    expect(first(seed, 4)).toEqual(numbers);
  });

  it('counts only the low 32 bits of a seed', () => {
    expect(first(-1, 4)).toEqual(first(4_294_967_295, 4));
  });

  it('gives whole multiples of 2⁻³² from 0 up to, but not, 1', () => {
    for (const number of first(3, 10_000)) {
      expect(Number.isInteger(number)).toBe(true);
      expect(number).toBeGreaterThanOrEqual(0);
      expect(number).toBeLessThan(2 ** 32);
    }
  });

  it.each([
    [
      'one after another',
      () => {
        const random = seededRandom(11);
        return () => random();
      },
    ],
    [
      'the first of neighbouring seeds',
      () => {
        let seed = 0;
        return () => seededRandom(seed++)();
      },
    ],
  ])('is uniform over 256 bins: %s (chi-square, p > 0.001 on both sides)', (_, makeNext) => {
    const [next, bins, draws] = [makeNext(), new Uint32Array(256), 256_000];
    for (let i = 0; i < draws; i++) bins[Math.floor(next() * 256)]++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 255 degrees of freedom: 99.8 % of all fair samples lie between.
    expect(chiSquare).toBeGreaterThan(190.9);
    expect(chiSquare).toBeLessThan(330.5);
  });
});
