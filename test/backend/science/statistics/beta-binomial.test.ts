import { describe, expect, it } from 'vitest';
import { betaPrior, shrunkRate } from '../../../../backend/science/statistics/beta-binomial.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

/** A draw of Beta(a, b) for whole a and b: the a-th smallest of a + b − 1 uniform numbers. */
function beta(a: number, b: number, random: () => number): number {
  return Array.from({ length: a + b - 1 }, random).toSorted((x, y) => x - y)[a - 1];
}

function units(count: number, a: number, b: number, random: () => number) {
  const rates = Array.from({ length: count }, () => beta(a, b, random));
  const trials = rates.map(() => 1 + Math.floor(random() ** 3 * 400));
  const successes = rates.map((rate, i) => {
    let sum = 0;
    for (let trial = 0; trial < trials[i]; trial++) if (random() < rate) sum++;
    return sum;
  });
  return { rates, trials, successes };
}

describe('the prior of many rates', () => {
  it.each([
    [2, 18],
    [5, 45],
    [30, 70],
  ])('is found from counts of unequal size: Beta(%i, %i)', (a, b) => {
    const { trials, successes } = units(4000, a, b, seededRandom(a));
    const { mean, strength } = betaPrior(successes, trials);
    expect(mean).toBeCloseTo(a / (a + b), 2);
    expect(strength / (a + b)).toBeGreaterThan(0.85);
    expect(strength / (a + b)).toBeLessThan(1.18);
  });

  it('is by the formula of Kleinman: two units worked by hand', () => {
    // n = 10 each, p = 0.2 and 0.6; weights of equal units stay equal, so w = n/(1+γ(n−1)) cancels: μ = 0.4,
    // S/w = 2·0.04, Σ(w/n)(1−w/W) = w·0.1, Σw(1−w/W) = w: γ = (0.08 − 0.24·0.1)/(0.24·0.9) = 0.259259…
    const { mean, strength } = betaPrior([2, 6], [10, 10]);
    expect(mean).toBeCloseTo(0.4, 12);
    expect(strength).toBeCloseTo(1 / (0.056 / 0.216) - 1, 6);
  });

  it('gives means of posteriors that are nearer to the truth than raw rates and than the mean of all', () => {
    const { rates, trials, successes } = units(2000, 2, 18, seededRandom(9));
    const prior = betaPrior(successes, trials);
    const error = (of: (i: number) => number) =>
      rates.reduce((sum, rate, i) => sum + (of(i) - rate) ** 2, 0);
    const shrunk = error((i) => shrunkRate(successes[i], trials[i], prior));
    expect(shrunk).toBeLessThan(0.8 * error((i) => successes[i] / trials[i]));
    expect(shrunk).toBeLessThan(0.8 * error(() => prior.mean));
  });

  it('has no end of strength where rates differ by chance alone, and stands without any trial', () => {
    expect(betaPrior([1, 1, 1], [10, 10, 10])).toEqual({ mean: 0.1, strength: Infinity });
    expect(betaPrior([0, 0], [5, 50])).toEqual({ mean: 0, strength: Infinity });
    expect(betaPrior([], [])).toEqual({ mean: 0, strength: Infinity });
    expect(betaPrior([0, 3], [0, 10]).mean).toBeCloseTo(0.3, 12);
    expect(shrunkRate(5, 5, { mean: 0.1, strength: Infinity })).toBe(0.1);
  });

  it('is never so weak that one click would be the whole of a rate', () => {
    const { strength } = betaPrior([0, 10, 0, 10], [10, 10, 10, 10]);
    expect(strength).toBeCloseTo(1, 12);
  });
});
