import { describe, expect, test } from 'vitest';
import { blocksOf, BLOCK_ROWS } from '../../../../backend/device/cpu/loaded-codes.ts';
import type { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import { gradientUnits, packGradients } from '../../../../backend/device/cpu/pack-gradients.ts';
import { bytesAt, copyIn, expectSameBits, freshRandom, poolsOf, unpacked } from './support.ts';

const POOLS = poolsOf(2 ** 28);

/** Pairs in place, as a loss leaves them. @returns address and units. */
function packIn(pool: KernelPool, pairs: Float32Array, tree: number, copies?: Uint8Array) {
  const rows = pairs.length / 2;
  let [mostGradient, mostHessian] = [0, 0];
  for (let row = 0; row < rows; row++) {
    mostGradient = Math.max(mostGradient, Math.abs(pairs[2 * row]));
    mostHessian = Math.max(mostHessian, pairs[2 * row + 1]);
  }
  const units = gradientUnits({ loss: 0, mostGradient, mostHessian })!;
  const values = copyIn(pool, pairs);
  packGradients(pool, values, rows, units, tree, copies && copyIn(pool, copies));
  return { values, units, steps: Array.from(pool.i64(values, rows), unpacked) };
}

describe('pack', () => {
  test.each([1, 2, 8191, 8192, 8193, 65_537])(
    'is off by less than a step in every row, the same on any number of threads: %i rows',
    (rows) => {
      const { seed, random } = freshRandom();
      const pairs = Float32Array.from({ length: 2 * rows }, (_, i) =>
        i % 2 === 0 ? 6 * random() - 3 : random() ** 4,
      );
      const tree = 1 + Math.floor(100 * random());
      const found = POOLS.map((pool) => packIn(pool, pairs, tree));
      expectSameBits(
        `seed ${seed}`,
        POOLS.map((pool, i) => bytesAt(pool, found[i].values, 8 * rows)),
      );
      const [{ steps, units }] = found;
      steps.forEach(([g, h], row) => {
        const off = [g - pairs[2 * row] / units.gradient, h - pairs[2 * row + 1] / units.hessian];
        for (const one of off)
          if (!(Math.abs(one) < 1 + 1e-6))
            expect.fail(`seed ${seed}: row ${row} is off by ${off.join(', ')}`);
      });
    },
  );

  test.each([
    ['anything', (random: () => number) => [2 * random() - 1, random()]],
    [
      'hessians of a thousandth of a step',
      (random: () => number) => [2 * random() - 1, 1e-3 / 65_534],
    ],
    ['gradients of a third of a step', () => [1 / 3 / 32_766, 0.5]],
    ['gradients of minus a third of a step', () => [-1 / 3 / 32_766, 0.5]],
  ] as const)('rounds without bias: %s', (_, pairOf) => {
    const { seed, random } = freshRandom();
    const rows = 65_537;
    const pairs = Float32Array.from(Array.from({ length: rows }, () => pairOf(random)).flat());
    // One row sets the units.
    pairs.set([1, 1]);
    const { steps, units } = packIn(POOLS[0], pairs, 1 + Math.floor(50 * random()));
    let [g, h] = [0, 0];
    steps.forEach((step, row) => {
      g += step[0] - pairs[2 * row] / units.gradient;
      h += step[1] - pairs[2 * row + 1] / units.hessian;
    });
    // Plain rounding would be off by up to half a step in each row; chance alone by 0.5 / √rows = 0.002.
    expect(Math.abs(g / rows), `seed ${seed}: mean error of the gradients, in steps`).toBeLessThan(
      0.01,
    );
    expect(Math.abs(h / rows), `seed ${seed}: mean error of the hessians, in steps`).toBeLessThan(
      0.01,
    );
  });

  test('stays within 16 bits at the extremes, whatever the dither and however f32 rounds them', () => {
    const { seed, random } = freshRandom();
    for (let tree = 1; tree <= 200; tree++) {
      const [g, h] = [
        Math.fround(10 ** (60 * random() - 30)),
        Math.fround(10 ** (60 * random() - 30)),
      ];
      const pairs = Float32Array.from({ length: 2000 }, (_, i) => [g, h, -g, h, 0, 0][i % 6]);
      // What the loss reports is f64 and may lie half an f32 step below what the rows hold.
      const units = gradientUnits({
        loss: 0,
        mostGradient: g * (1 - 2 ** -24),
        mostHessian: h * (1 - 2 ** -24),
      })!;
      const pool = POOLS[0];
      const values = copyIn(pool, pairs);
      packGradients(pool, values, 1000, units, tree);
      pool.i64(values, 1000).forEach((value, row) => {
        const [a, b] = unpacked(value);
        const isWithin =
          Math.abs(a) < 2 ** 15 &&
          b < 2 ** 16 &&
          (row % 3 < 2 ? Math.abs(a) >= 32_765 && b >= 65_533 : a === 0 && b === 0);
        if (!isWithin) expect.fail(`seed ${seed}, tree ${tree}, row ${row}: ${a}, ${b}`);
      });
    }
  });

  test('counts each row as often as it was drawn', () => {
    const { seed, random } = freshRandom();
    const rows = 8193;
    const pairs = Float32Array.from({ length: 2 * rows }, (_, i) =>
      i % 2 ? random() : random() - 0.5,
    );
    const copies = Uint8Array.from({ length: rows }, () => Math.floor(9 * random()));
    for (const pool of POOLS) {
      const once = packIn(pool, pairs, 3).steps;
      const often = packIn(pool, pairs, 3, copies).steps;
      often.forEach(([g, h], row) => {
        const [a, b] = once[row].map((step) => step * copies[row] + 0);
        if (g !== a || h !== b) expect.fail(`seed ${seed}: row ${row} × ${copies[row]}`);
      });
    }
  });
});

test.each([1, 7, 8193])(
  'widen rounds to the nearest whole number, halves to even: %i rows',
  (rows) => {
    const { seed, random } = freshRandom();
    const scale = 2 ** 45;
    const reals = Float64Array.from({ length: rows }, () => 2 * random() - 1);
    reals.set([0.5 / scale, -0.5 / scale, 1.5 / scale, -2.5 / scale, 31, -32].slice(0, rows));
    const nearest = (x: number) => {
      const floor = Math.floor(x);
      const up = x - floor > 0.5 || (x - floor === 0.5 && floor % 2 !== 0);
      return BigInt(floor) + (up ? 1n : 0n);
    };
    for (const pool of POOLS) {
      const values = copyIn(pool, reals);
      pool.run('widen', blocksOf(rows), [values, rows, BLOCK_ROWS, scale]);
      const found = pool.i64(values, rows);
      const worst = found.findIndex((value, row) => value !== nearest(reals[row] * scale));
      expect(worst, `seed ${seed}: the first row that differs`).toBe(-1);
    }
  },
);
