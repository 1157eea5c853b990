import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { repeat } from '../../../backend/scheduler/repeat.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1, 12, 0, 0, 500) }));
afterEach(() => void vi.useRealTimers());

/** What is done, and takes as long as `takesMs`. */
const counted = (takesMs = 0) => {
  const at: number[] = [];
  const beganMs = Date.now();
  return {
    at,
    run: async () => {
      at.push(Date.now() - beganMs);
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
    },
  };
};

test('by a period it is done at the end of each', async () => {
  const { at, run } = counted();
  const repetition = repeat(3000, run);
  expect(repetition.nextAt()).toBe(Date.now() + 3000);
  await vi.advanceTimersByTimeAsync(9500);
  expect(at).toEqual([3000, 6000, 9000]);
  expect(repetition.nextAt()).toBe(Date.now() + 2500);
  repetition.stop();
  await vi.advanceTimersByTimeAsync(9000);
  expect(at).toHaveLength(3);
});

test('by a pattern it is done when the clock says so', async () => {
  const { at, run } = counted();
  const repetition = repeat('*/2 * * * * *', run);
  expect(repetition.nextAt()).toBe(Date.UTC(2030, 0, 1, 12, 0, 2));
  await vi.advanceTimersByTimeAsync(4000);
  expect(at).toEqual([1500, 3500]);
  repetition.stop();
  await vi.advanceTimersByTimeAsync(4000);
  expect(at).toHaveLength(2);
});

test.each<[string, string | number]>([
  ['period', 1000],
  ['pattern', '* * * * * *'],
])('by a %s it is not begun while it still runs', async (_, schedule) => {
  const { at, run } = counted(2600);
  const repetition = repeat(schedule, run);
  await vi.advanceTimersByTimeAsync(5000);
  expect(at).toHaveLength(2);
  expect(at[1] - at[0]).toBe(3000);
  repetition.stop();
});

test('without a pattern it is never done', async () => {
  const { at, run } = counted();
  const repetition = repeat('', run);
  expect(repetition.nextAt()).toBeNull();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(at).toEqual([]);
  repetition.stop();
});
