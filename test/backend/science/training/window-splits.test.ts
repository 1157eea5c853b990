import { expect, test } from 'vitest';
import { comparisonOf, windowSplits } from '../../../../backend/science/training/window-splits.ts';

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

test('neither window is fitted to the slates on which both are judged', () => {
  expect(comparisonOf({ from: 600, to: 800 }, 200, 1000)).toEqual({
    longer: { from: 200, to: 800 },
    shorter: { from: 600, to: 800 },
    newest: { from: 800, to: 1000 },
  });
});
