import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Child } from '../../../backend/start/child.ts';
import { keepRunning } from '../../../backend/start/keep-running.ts';

/** Children that end when told to. */
function children() {
  const started: { end: (how: string) => void; isStopped: boolean }[] = [];
  const start = (): Child => {
    const ended = Promise.withResolvers<string>();
    const one = { end: ended.resolve, isStopped: false };
    started.push(one);
    return {
      name: 'backend',
      ended: ended.promise,
      async stop() {
        one.isStopped = true;
        ended.resolve('was stopped');
      },
    };
  };
  return { started, start };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('before it is kept, its end is the end', async () => {
  const { started, start } = children();
  const kept = keepRunning(start, () => undefined);
  started[0].end('ended with exit code 1');
  expect(await kept.ended).toBe('ended with exit code 1');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(started).toHaveLength(1);
});

test('once it is kept it is started again, ever more slowly, and never given up', async () => {
  const { started, start } = children();
  const lines: string[] = [];
  const kept = keepRunning(start, (line) => void lines.push(line));
  kept.keep();
  for (const seconds of [0.5, 1, 2, 4, 8, 16, 30, 30, 30]) {
    const before = started.length;
    started.at(-1)!.end('was ended by SIGKILL');
    await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
    expect(started).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(started).toHaveLength(before + 1);
    expect(lines.at(-1)).toBe(
      `the backend was ended by SIGKILL: starting it again in ${seconds} s`,
    );
  }
  // What ran well for a while is started again soon.
  await vi.advanceTimersByTimeAsync(60_000);
  started.at(-1)!.end('was ended by SIGKILL');
  await vi.advanceTimersByTimeAsync(500);
  expect(started).toHaveLength(11);
  await kept.stop(1);
  expect(started.at(-1)!.isStopped).toBe(true);
});

test('stopped while it waits, it is not started again', async () => {
  const { started, start } = children();
  const kept = keepRunning(start, () => undefined);
  kept.keep();
  started[0].end('ended with exit code 1');
  await vi.advanceTimersByTimeAsync(100);
  await kept.stop(1);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(started).toHaveLength(1);
  expect(await kept.ended).toBe('was stopped');
});
