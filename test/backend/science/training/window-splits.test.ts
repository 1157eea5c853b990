import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparisonsOf, windowSplits } from '../../../../backend/science/training/window-splits.ts';

/** Every `nth` of some slates has a reward. */
const every = (nth: number, of: number) =>
  Array.from({ length: Math.floor(of / nth) }, (_, i) => i * nth);

test('each window has half of the slates of the one before, as long as it can be fitted and compared', () => {
  // Of 2,000 slates with a reward the newest 800 are two fifths, of 1,000 they are 400, and of 500 only 100 would be left.
  expect(windowSplits(every(1, 4000), 4000)).toEqual([
    { from: 2000, to: 3200 },
    { from: 3000, to: 3600 },
  ]);
});

test('slates are counted by their rewards, and windows by all slates', () => {
  expect(windowSplits(every(2, 8000), 8000)).toEqual([
    { from: 4000, to: 6400 },
    { from: 6000, to: 7200 },
  ]);
});

test.each([
  [699, []],
  [700, [{ from: 700, to: 1000 }]],
])('of %s slates with a reward, 400 to compare on must leave 300 to learn from', (own, splits) => {
  const rewarded = Array.from({ length: own }, (_, i) => 1400 - own + i);
  expect(windowSplits(rewarded, 1400)).toEqual(splits);
});

test('the newest slates are two fifths where that is more than 400', () => {
  const rewarded = Array.from({ length: 1010 }, (_, i) => 1010 + i);
  expect(windowSplits(rewarded, 2020)[0]).toEqual({ from: 1010, to: 2020 - 404 });
});

test('where rewards fell to fewer than can be cut in two, the slates since are a window that is compared in folds', () => {
  // Every second slate has a reward, and since slate 6,000 one in 40.
  const rewarded = [...every(2, 6000), ...Array.from({ length: 75 }, (_, i) => 6000 + 40 * i)];
  const splits = windowSplits(rewarded, 9000);
  expect(splits.map(({ to }) => to === undefined)).toEqual([false, true]);
  expect(splits[0].from).toBe(4500);
  expect(Math.abs(splits[1].from - 6000)).toBeLessThan(9000 / 64);
  // With 50 since the fall nothing can be learned of it alone.
  const fewer = rewarded.filter((slate) => slate < 8000);
  expect(windowSplits(fewer, 8000).every(({ to }) => to !== undefined)).toBe(true);
});

test('a fall that leaves enough rewards is compared on its newest slates', () => {
  const rewarded = [...every(1, 4000), ...Array.from({ length: 1400 }, (_, i) => 4000 + 10 * i)];
  const { from, to } = windowSplits(rewarded, 18_000)[0];
  expect(Math.abs(from - 4000)).toBeLessThan(18_000 / 64);
  expect(to).toBe(rewarded.at(-Math.round(0.4 * rewarded.filter((slate) => slate >= from).length)));
});

test('neither window is fitted to the slates on which both are judged', () => {
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  expect(comparisonsOf({ from: 600, to: 800 }, 200, new Uint32Array(1000))).toEqual([
    { longer: range(200, 800), shorter: range(600, 800), judged: range(800, 1000) },
  ]);
});

test('in folds every slate of the window is judged once, by fits that have seen nothing of its visitor', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 4, maxLength: 60 }),
      fc.nat(),
      (cluster, start) => {
        const from = start % cluster.length;
        const longer = Math.floor(from / 2);
        const folds = comparisonsOf({ from }, longer, cluster);
        const judged = folds.flatMap((fold) => fold.judged).toSorted((a, b) => a - b);
        expect(judged).toEqual(cluster.map((_, slate) => slate).slice(from));
        for (const fold of folds) {
          const held = new Set(fold.judged.map((slate) => cluster[slate]));
          for (const fitted of [fold.longer, fold.shorter])
            expect(fitted.some((slate) => held.has(cluster[slate]))).toBe(false);
          expect(fold.longer.filter((slate) => slate >= from)).toEqual(fold.shorter);
          expect(fold.longer.every((slate) => slate >= longer)).toBe(true);
        }
      },
    ),
  );
});
