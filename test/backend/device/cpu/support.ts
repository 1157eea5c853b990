import { afterAll, expect } from 'vitest';
import { seededRandom } from '../../../../shared/explore/random.ts';
import type { CodeMatrix } from '../../../../backend/science/learn/code-matrix.ts';
import { KernelPool } from '../../../../backend/device/cpu/pool.ts';

/** One pool for each number of threads: what a kernel leaves must not depend on it by a bit. */
export function poolsOf(sizeBytes: number): readonly KernelPool[] {
  const pools = [1, 2, 3].map((threads) => new KernelPool(sizeBytes, threads));
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));
  return pools;
}

/** A new seed and its generator; print the seed in every message. */
export function freshRandom(): { seed: number; random: () => number } {
  const seed = Math.floor(Math.random() * 2 ** 31);
  return { seed, random: seededRandom(seed) };
}

/** Every byte 255: NaN to whoever reads reals, −1 or the most there is to whoever reads whole numbers. */
export const poison = (pool: KernelPool, address: number, sizeBytes: number): void =>
  void pool.u8(address, sizeBytes).fill(0xff);

/** @returns the address of a new array that holds garbage, the room past its end included. */
export function allocatePoisoned(pool: KernelPool, sizeBytes: number): number {
  const address = pool.allocate(sizeBytes);
  poison(pool, address, sizeBytes + 64);
  return address;
}

/** @returns the address of a copy in the kernels' memory. */
export function copyIn(
  pool: KernelPool,
  values: Uint32Array | BigInt64Array | Float64Array | Float32Array | Uint8Array,
): number {
  const address = pool.allocate(values.byteLength);
  pool
    .u8(address, values.byteLength)
    .set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return address;
}

/** A copy of what lies there. */
export const bytesAt = (pool: KernelPool, address: number, sizeBytes: number): Buffer =>
  Buffer.from(pool.u8(address, sizeBytes));

/** @param found one per pool. */
export function expectSameBits(what: string, found: readonly Uint8Array[]): void {
  found.forEach((bytes, i) => {
    const isSame = Buffer.from(bytes).equals(Buffer.from(found[0]));
    expect(isSame, `${what}: ${i + 1} threads and 1 leave the same bits`).toBe(true);
  });
}

/** The first entry that is further off than its bound. */
export function expectWithin(
  what: string,
  found: ArrayLike<number>,
  oracle: ArrayLike<number>,
  bound: (at: number) => number,
): void {
  expect(found.length, `${what}: length`).toBe(oracle.length);
  for (let at = 0; at < oracle.length; at++)
    // Not `>`: NaN must fail.
    if (!(Math.abs(found[at] - oracle[at]) <= bound(at)))
      expect.fail(
        `${what}: entry ${at} is ${found[at]}, the oracle says ${oracle[at]}, allowed ±${bound(at)}`,
      );
}

/** @param buckets codes are below it; low ones, the missing one among them, are crowded as in real data. */
export function randomColumns(
  rows: number,
  features: number,
  random: () => number,
  buckets = 256,
): CodeMatrix {
  const codes = Uint8Array.from({ length: rows * features }, () =>
    Math.floor(buckets * random() ** 2),
  );
  return { rows, features, codes };
}

/** Slates of 1 to `longest` rows; some empty. @returns starts, one more than there are slates. */
export function randomStarts(slates: number, longest: number, random: () => number): Uint32Array {
  const starts = new Uint32Array(slates + 1);
  for (let slate = 0; slate < slates; slate++) {
    const length = random() < 0.05 ? 0 : 1 + Math.floor(longest * random());
    starts[slate + 1] = starts[slate] + length;
  }
  return starts;
}

/** Gradient and hessian as the histograms add them. */
export const packed = (g: number, h: number): bigint => (BigInt(g) << 32n) + BigInt(h);
export const unpacked = (value: bigint): [g: number, h: number] => [
  Number(value >> 32n),
  Number(value & 0xffff_ffffn),
];
