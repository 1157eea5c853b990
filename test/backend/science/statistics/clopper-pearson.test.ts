import { describe, expect, test } from 'vitest';
import { clopperPearson } from '../../../../backend/science/statistics/clopper-pearson.ts';

/** P(X ≤ successes) of a binomial, term by term. */
function atMost(successes: number, tries: number, chance: number): number {
  let [term, sum] = [(1 - chance) ** tries, 0];
  for (let k = 0; k <= successes; k++) {
    sum += term;
    term *= ((tries - k) / (k + 1)) * (chance / (1 - chance));
  }
  return sum;
}

describe("Clopper and Pearson's interval", () => {
  test.each([
    [1, 10],
    [5, 10],
    [3, 200],
    [40, 57],
    [9, 1000],
  ])('of %i in %i ends where either tail of the binomial is 2.5 %', (successes, tries) => {
    const { low, high } = clopperPearson(successes, tries);
    expect(1 - atMost(successes - 1, tries, low)).toBeCloseTo(0.025, 9);
    expect(atMost(successes, tries, high)).toBeCloseTo(0.025, 9);
  });

  test('of none ends at 1 − (α/2)^(1/n), and of all begins there', () => {
    const high = 1 - 0.025 ** (1 / 30);
    expect(clopperPearson(0, 30)).toEqual({ low: 0, high: expect.closeTo(high, 12) });
    expect(clopperPearson(30, 30)).toEqual({ low: expect.closeTo(1 - high, 12), high: 1 });
  });

  test('of 10 in 100 is 4.9005 % to 17.6223 %, as SciPy, R and the tables have it', () => {
    const { low, high } = clopperPearson(10, 100);
    expect(low).toBeCloseTo(0.049_005, 5);
    expect(high).toBeCloseTo(0.176_223, 5);
  });
});
