import { expect, test } from 'vitest';
import { KERNELS } from '../../../../backend/device/cpu/job.ts';
import { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import { copyIn, freshRandom, poolsOf } from './support.ts';

const POOLS = poolsOf(2 ** 24);

test('arrays are zeroed, apart, and start at multiples of 64 with 64 readable bytes past their ends', () => {
  const { seed, random } = freshRandom();
  for (const pool of POOLS) {
    let end = 0;
    for (let i = 0; i < 200; i++) {
      const size = Math.floor(1000 * random());
      const address = pool.allocate(size);
      expect(address % 64, `seed ${seed}`).toBe(0);
      expect(address, `seed ${seed}`).toBeGreaterThanOrEqual(end);
      expect(pool.u8(address, size + 64).every((byte) => byte === 0)).toBe(true);
      pool.u8(address, size).fill(1);
      end = address + size + 64;
    }
  }
});

test('each task is done once, in jobs of any number of tasks, one after the other', () => {
  for (const pool of POOLS) {
    const x = copyIn(pool, new Float64Array(1000));
    const one = copyIn(pool, new Float64Array(1000).fill(1));
    for (let job = 1; job <= 2000; job++) {
      const rows = 1 + ((job * 37) % 1000);
      pool.run('combine', rows, [x, one, x, rows, 1, 1, 1]);
    }
    const oracle = new Float64Array(1000);
    for (let job = 1; job <= 2000; job++)
      for (let row = 0; row < 1 + ((job * 37) % 1000); row++) oracle[row]++;
    expect([...pool.f64(x, 1000)]).toEqual([...oracle]);
  }
});

test('no task, no work', () => {
  for (const pool of POOLS) for (const kernel of KERNELS) pool.run(kernel, 0, []);
});

test('more than fits is refused with the size', () => {
  expect(() => new KernelPool(5 * 2 ** 30, 1)).toThrow(
    'training needs 5.0 GiB, and one memory holds 4: train on fewer rows',
  );
  expect(() => POOLS[0].allocate(2 ** 30)).toThrow(
    /the kernels' memory of \d+ bytes has no 1073741824 bytes left/,
  );
  expect(() =>
    POOLS[0].run(
      'pack',
      1,
      Array.from({ length: 29 }, () => 0),
    ),
  ).toThrow('pack got 29 arguments');
});

test('a pool that follows another has its threads and its memory, and finds all arrays zeroed', async () => {
  const { random } = freshRandom();
  let before: unknown;
  for (const [threads, sizeBytes, isSame] of [
    [2, 2 ** 20, false],
    [2, 2 ** 20, true],
    [2, 2 ** 23, false],
    [3, 2 ** 18, false],
    [2, 2 ** 18, false],
  ] as const) {
    const pool = new KernelPool(sizeBytes, threads);
    expect(pool.threads).toBe(threads);
    for (let left = sizeBytes / 2; left > 0;) {
      const size = Math.floor((random() * sizeBytes) / 8);
      const address = pool.allocate(size);
      expect(Buffer.from(pool.u8(address, size + 64)).every((byte) => byte === 0)).toBe(true);
      pool.u8(address, size + 64).fill(255);
      pool.u8(pool.allocate(10, 'overwritten'), 10).fill(7);
      left -= size + 384;
    }
    const x = copyIn(pool, new Float64Array(10_000));
    const one = copyIn(pool, new Float64Array(10_000).fill(1));
    for (let job = 0; job < 50; job++) pool.run('combine', 100, [x, one, x, 10_000, 100, 1, 1]);
    expect(pool.f64(x, 10_000).every((value) => value === 50)).toBe(true);
    const { buffer } = pool.u8(0, 1);
    expect(buffer === before).toBe(isSame);
    before = buffer;
    await pool.close();
    await pool.close();
  }
});

test('two pools at a time have memory of their own', async () => {
  const first = new KernelPool(2 ** 20, 2);
  await first.close();
  const [one, other] = [new KernelPool(2 ** 20, 2), new KernelPool(2 ** 20, 2)];
  expect(one.u8(0, 1).buffer === other.u8(0, 1).buffer).toBe(false);
  await Promise.all([one.close(), other.close()]);
});

test.each([1, 2, 3])(
  'a kernel that fails is told, and its %i threads serve no later pool',
  async (threads) => {
    for (let time = 0; time < 3; time++) {
      const pool = new KernelPool(2 ** 20, threads);
      const x = copyIn(pool, new Float64Array(10_000));
      const one = copyIn(pool, new Float64Array(10_000).fill(1));
      // Until all threads take part.
      for (let job = 0; job < 200; job++) pool.run('combine', 100, [x, one, x, 10_000, 100, 1, 1]);
      const beyond = 2 ** 31;
      for (let job = 0; job < 3; job++)
        expect(() => pool.run('combine', 100, [beyond, one, beyond, 10_000, 100, 1, 1])).toThrow(
          'kernel combine failed',
        );
      const { buffer } = pool.u8(0, 1);
      await pool.close();
      const next = new KernelPool(2 ** 20, threads);
      expect(next.u8(0, 1).buffer === buffer).toBe(false);
      await next.close();
    }
  },
);
