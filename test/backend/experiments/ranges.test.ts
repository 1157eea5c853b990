import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  firstFree,
  freeRanges,
  grown,
  rounded,
  type Range,
} from '../../../backend/experiments/ranges.ts';

/** Disjoint ranges of a layer, in any order. */
const taken = fc
  .uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 12 })
  .map((ends) => ends.toSorted((a, b) => a - b).map((end) => end / 1000))
  .map((ends) =>
    ends
      .slice(1)
      .map((end, i): Range => [ends[i], end])
      .filter((_, i) => i % 2 === 0)
      .toReversed(),
  );
const lengths = (ranges: readonly Range[]) =>
  ranges.reduce((sum, [from, to]) => sum + to - from, 0);
const overlap = (a: Range, b: Range) => Math.min(a[1], b[1]) - Math.max(a[0], b[0]) > 1e-8;

test('what is taken and what is free make up the layer, and never meet', () => {
  fc.assert(
    fc.property(taken, (ranges) => {
      const free = freeRanges(ranges);
      expect(lengths(ranges) + lengths(free)).toBeCloseTo(1, 9);
      for (const one of free) expect(ranges.some((other) => overlap(one, other))).toBe(false);
    }),
  );
});

test('the first free range is long enough, free, and the first; none is found only where none is', () => {
  fc.assert(
    fc.property(taken, fc.integer({ min: 1, max: 1000 }), (ranges, thousandths) => {
      const share = thousandths / 1000;
      const fits = freeRanges(ranges).filter(([from, to]) => to - from >= share - 1e-9);
      if (fits.length === 0) {
        expect(() => firstFree(ranges, share, 'weights')).toThrow(/layer weights has no/);
        return;
      }
      const found = firstFree(ranges, share, 'weights');
      expect(found[0]).toBeCloseTo(fits[0][0], 8);
      expect(found[1] - found[0]).toBeCloseTo(share, 8);
      expect(ranges.some((other) => overlap(found, other))).toBe(false);
    }),
  );
});

test('a range that grows keeps all that it had, and takes nothing from another', () => {
  fc.assert(
    fc.property(taken, fc.integer({ min: 1, max: 1000 }), (ranges, thousandths) => {
      fc.pre(ranges.length > 0);
      const [own, ...others] = ranges;
      const share = Math.max(thousandths / 1000, own[1] - own[0]);
      let wider: Range;
      try {
        wider = grown(own, others, share, 'weights');
      } catch (error) {
        expect(String(error)).toMatch(/layer weights has no/);
        return;
      }
      expect(wider[0]).toBeLessThanOrEqual(own[0] + 1e-9);
      expect(wider[1]).toBeGreaterThanOrEqual(own[1] - 1e-9);
      expect(wider[1] - wider[0]).toBeCloseTo(share, 8);
      expect(others.some((other) => overlap(wider, other))).toBe(false);
    }),
  );
});

test('shares that do not add up in binary leave no slivers', () => {
  const first = firstFree([], 0.1, 'weights');
  const second = firstFree([first], 0.2, 'weights');
  const third = firstFree([first, second], 0.7, 'weights');
  expect([first, second, third]).toEqual([
    [0, 0.1],
    [0.1, 0.3],
    [0.3, 1],
  ]);
  expect(freeRanges([first, second, third])).toEqual([]);
  expect(rounded([1 / 3, 2 / 3])).toEqual([0.333333333, 0.666666667]);
});
