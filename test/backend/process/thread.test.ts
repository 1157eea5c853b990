import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startThread, threadOnDemand } from '../../../backend/process/thread.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface CrashingWorker {
  add(a: number, b: number): number;
  addSlowly(a: number, b: number): number;
  crash(): never;
}

const start = () =>
  startThread<CrashingWorker>(new URL('../support/crashing-worker.mjs', import.meta.url));

test('a thread is ended only when its open calls are answered', async () => {
  const thread = start();
  const slow = thread.call((worker) => worker.addSlowly(2, 3));
  await thread.stop();
  expect(await slow).toBe(5);
  await expect(thread.call((worker) => worker.add(2, 3))).rejects.toThrow('ended with code');
});

test('a call that is open when the thread ends rejects, and so does every later one', async () => {
  const thread = start();
  expect(await thread.call((worker) => worker.add(2, 3))).toBe(5);
  await expect(thread.call((worker) => worker.crash())).rejects.toThrow(
    'thread crashing-worker.mjs ended with code 3',
  );
  await expect(thread.call((worker) => worker.add(2, 3))).rejects.toThrow('ended with code 3');
});

test('a thread that is stopped while it is busy in the driver as it starts takes nothing along', async () => {
  const directory = temporaryFolder();
  const database = pathToFileURL(join(directory, 'test.db')).href;
  const file = join(import.meta.dirname, 'support', 'stop-early.mjs');
  // In a process of its own: what would be taken along is the process.
  await promisify(execFile)(process.execPath, [file, database]);
});

test('a thread on demand starts at its first call, and not after it was stopped', async () => {
  const file = new URL('../support/crashing-worker.mjs', import.meta.url);
  const idle = threadOnDemand<CrashingWorker>(file);
  await idle.stop();
  await expect(idle.call((worker) => worker.add(2, 3))).rejects.toThrow(
    'thread crashing-worker.mjs was stopped',
  );
  const used = threadOnDemand<CrashingWorker>(file);
  expect(await used.call((worker) => worker.add(2, 3))).toBe(5);
  expect(await used.call((worker) => worker.add(4, 5))).toBe(9);
  await used.stop();
});

test('a thread on demand that has ended is started again by the next call', async () => {
  const thread = threadOnDemand<CrashingWorker>(
    new URL('../support/crashing-worker.mjs', import.meta.url),
  );
  expect(thread.starts()).toBe(0);
  for (let round = 1; round <= 4; round++) {
    expect(await thread.call((worker) => worker.add(2, round))).toBe(2 + round);
    expect(thread.starts()).toBe(round);
    const open = thread.call((worker) => worker.addSlowly(2, 3));
    const ended = 'thread crashing-worker.mjs ended with code 3';
    await Promise.all([
      expect(open).rejects.toThrow(ended),
      expect(thread.call((worker) => worker.crash())).rejects.toThrow(ended),
    ]);
  }
  await thread.stop();
  await expect(thread.call((worker) => worker.add(2, 3))).rejects.toThrow('was stopped');
  expect(thread.starts()).toBe(4);
});

test('a thread that runs out of memory says so, and another one takes its place', async () => {
  const file = join(import.meta.dirname, 'support', 'out-of-memory.mjs');
  // In a process of its own, whose threads may have little.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--max-old-space-size=64',
    '--no-warnings',
    file,
  ]);
  expect(JSON.parse(stdout)).toEqual([
    5,
    'thread fills-memory.mjs ended: Worker terminated due to reaching memory limit: JS heap out of memory',
    9,
  ]);
});

test('a thread that ends at once each time is started less and less often', async () => {
  let clockMs = 0;
  const thread = threadOnDemand<CrashingWorker>(
    new URL('../support/crashing-worker.mjs', import.meta.url),
    undefined,
    () => clockMs,
  );
  const crash = () =>
    expect(thread.call((worker) => worker.crash())).rejects.toThrow('ended with code 3');
  const refused = async (within: number, times: number) => {
    const starts = thread.starts();
    for (let i = 0; i < 3; i++)
      await expect(thread.call((worker) => worker.add(2, 3))).rejects.toThrow(
        `thread crashing-worker.mjs has ended ${times} times before it answered, and is started again in ${within} s: thread crashing-worker.mjs ended with code 3`,
      );
    expect(thread.starts()).toBe(starts);
  };
  await crash();
  await crash();
  for (const [i, pause] of [1, 2, 4].entries()) {
    await refused(pause, 2 + i);
    clockMs += pause * 1000 - 1;
    await refused(1, 2 + i);
    clockMs += 1;
    await crash();
  }
  expect(thread.starts()).toBe(5);
  // One that answers makes up for it.
  clockMs += 8000;
  expect(await thread.call((worker) => worker.add(2, 3))).toBe(5);
  await crash();
  await crash();
  await crash();
  await refused(1, 2);
  await thread.stop();
});

interface GarbageWorker {
  garbage(count: number): number;
  young(): number;
}

test('a thread reserves little for new objects, however many it makes', async () => {
  const file = new URL('./support/makes-garbage.mjs', import.meta.url);
  const thread = startThread<GarbageWorker>(file);
  await thread.call((worker) => worker.garbage(3_000_000));
  const young = await thread.call((worker) => worker.young());
  await thread.stop();
  expect(young).toBeLessThanOrEqual(16 * 2 ** 20);
});
