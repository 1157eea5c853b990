import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import { drawSlate } from '../../../shared/explore/slate.ts';
import { slotProbability } from '../../oracle/plackett-luce.ts';
import { fuzz, SEED } from '../support/seed.ts';

const pools = fc
  .array(fc.double({ min: -200, max: 200, noNaN: true }), { minLength: 1, maxLength: 30 })
  .map((points) => points.toSorted((a, b) => b - a));
const temperatures = fc.constantFrom(0, 0.001, 0.5, 3, 50, 1e5);
const epsilons = fc.constantFrom(0, 0.02, 0.5, 1);
const draws = fc.record({
  points: pools,
  size: fc.integer({ min: 1, max: 35 }),
  explore: fc.record({ temperature: temperatures, epsilon: epsilons }),
  seed: fc.integer(),
});

describe(`a drawn slate (seed ${SEED})`, () => {
  it('gives each slot the probability of its item, given the slots above', () => {
    fuzz(draws, ({ points, size, explore, seed }) => {
      let left = [...points.keys()];
      for (const { index, propensity } of drawSlate(points, size, explore, seededRandom(seed))) {
        expect(left).toContain(index);
        expect(propensity).toBeCloseTo(slotProbability(points, left, index, explore), 12);
        left = left.filter((other) => other !== index);
      }
    });
  });

  it('never gives a slot less than the uniform floor, nor anything that cannot happen', () => {
    fuzz(draws, ({ points, size, explore, seed }) => {
      drawSlate(points, size, explore, seededRandom(seed)).forEach(({ propensity }, slot) => {
        expect(propensity).toBeGreaterThanOrEqual(explore.epsilon / (points.length - slot));
        expect(propensity).toBeGreaterThan(0);
        expect(propensity).toBeLessThanOrEqual(1);
      });
    });
  });

  it('never gives more than 1 to the last item, as rounding would', () => {
    const points = [12.494354248046875, 9.562179565429688, 6.6318359375, 6.234466552734375];
    const explore = { temperature: 7, epsilon: 0.1 };
    for (let seed = 0; seed < 100; seed++)
      expect(
        drawSlate(points, 4, explore, seededRandom(seed)).at(-1)!.propensity,
      ).toBeLessThanOrEqual(1);
  });

  it('holds each item once, and as many as asked for or there are', () => {
    fuzz(draws, ({ points, size, explore, seed }) => {
      const drawn = drawSlate(points, size, explore, seededRandom(seed));
      expect(new Set(drawn.map(({ index }) => index)).size).toBe(Math.min(size, points.length));
    });
  });

  it('is best first with certainty when temperature and floor are 0, and asks for no random number', () => {
    fuzz(pools, (points) => {
      const unused = () => expect.unreachable('a random number was drawn');
      const drawn = drawSlate(points, 5, { temperature: 0, epsilon: 0 }, unused);
      expect(drawn).toEqual(points.slice(0, 5).map((_, index) => ({ index, propensity: 1 })));
    });
  });
});

describe('the probabilities of a slot', () => {
  /** Sweeps the random number over a fine grid at one slot: what is drawn shows the whole distribution. */
  const firstSlot = (
    points: readonly number[],
    explore: { temperature: number; epsilon: number },
  ) => {
    const found = new Map<number, number>();
    for (let step = 0; step < 20_000; step++) {
      const [{ index, propensity }] = drawSlate(points, 1, explore, () => step / 20_000) as [
        { index: number; propensity: number },
      ];
      found.set(index, propensity);
    }
    return found;
  };

  it.each([
    ['a softmax with a floor', { temperature: 3, epsilon: 0.1 }],
    ['a pure softmax', { temperature: 3, epsilon: 0 }],
    ['the best with a floor', { temperature: 0, epsilon: 0.1 }],
    ['a uniform draw', { temperature: 0, epsilon: 1 }],
  ])('sum to 1 over what is left: %s', (_, explore) => {
    const found = firstSlot([9, 8, 8, 5, 1], explore);
    const sum = [...found.values()].reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(1, 9);
  });

  it.each([
    ['a best far ahead of the others', [1e4, 3, 2, 1]],
    ['others that underflow once the best is gone', [2000, 3, 2.5, -2000]],
  ])('stay sound with %s', (_, points) => {
    const explore = { temperature: 0.5, epsilon: 0 };
    const [first, second] = drawSlate(points, 2, explore, () => 0);
    expect(first).toEqual({ index: 0, propensity: 1 });
    expect(second.index).toBe(1);
    expect(second.propensity).toBeCloseTo(slotProbability(points, [1, 2, 3], 1, explore), 12);
  });
});

describe('100,000 seeded slates of 3 out of 5', () => {
  const points = [4, 3, 3, 1, 0];
  const explore = { temperature: 2, epsilon: 0.1 };
  const DRAWS = 100_000;
  const counts = new Map<string, number>();
  const random = seededRandom(7);
  for (let i = 0; i < DRAWS; i++) {
    const slate = drawSlate(points, 3, explore, random);
    const key = slate.map(({ index }) => index).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const probabilityOf = (slate: readonly number[]) =>
    slate.reduce((product, index, slot) => {
      const left = [0, 1, 2, 3, 4].filter((i) => !slate.slice(0, slot).includes(i));
      return product * slotProbability(points, left, index, explore);
    }, 1);

  it('fall as often as their propensities say (chi-square over all 60 slates, p > 0.001)', () => {
    const slates = [0, 1, 2, 3, 4].flatMap((a) =>
      [0, 1, 2, 3, 4].flatMap((b) => [0, 1, 2, 3, 4].map((c) => [a, b, c])),
    );
    const distinct = slates.filter((slate) => new Set(slate).size === 3);
    const chiSquare = distinct.reduce((sum, slate) => {
      const expected = DRAWS * probabilityOf(slate);
      return sum + ((counts.get(slate.join()) ?? 0) - expected) ** 2 / expected;
    }, 0);
    expect(distinct.length).toBe(60);
    // The 99.9 % quantile of chi-square with 59 degrees of freedom is 98.3.
    expect(chiSquare).toBeLessThan(98.3);
  });
});
