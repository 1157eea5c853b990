import { expect, test } from 'vitest';
import { sharedReadings } from '../../../backend/http/shared-readings.ts';

test('who asks for the same within the time shares a reading, and one that failed is not kept', async () => {
  let nowMs = 0;
  const shared = sharedReadings(() => nowMs, 1000);
  let readings = 0;
  const read = async () => ++readings;
  expect(await Promise.all([shared('a', read), shared('a', read), shared('b', read)])).toEqual([
    1, 1, 2,
  ]);
  nowMs = 999;
  expect(await shared('a', read)).toBe(1);
  nowMs = 1000;
  expect(await shared('a', read)).toBe(3);
  await expect(shared('c', () => Promise.reject(new Error('locked')))).rejects.toThrow('locked');
  expect(await shared('c', read)).toBe(4);
});

test('a slow reading that fails leaves the one that came after it', async () => {
  let nowMs = 0;
  const shared = sharedReadings(() => nowMs, 1000);
  const slow = Promise.withResolvers<number>();
  const first = shared('a', () => slow.promise);
  nowMs = 1000;
  expect(await shared('a', async () => 2)).toBe(2);
  slow.reject(new Error('locked'));
  await expect(first).rejects.toThrow('locked');
  expect(await shared('a', async () => 3)).toBe(2);
});
