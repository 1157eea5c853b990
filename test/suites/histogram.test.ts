import { describe, expect, test } from 'vitest';
import { gpuHistogram } from './support/gpu-histogram.ts';
import { MAX_FIXED } from '../../backend/device/gpu/histogram.wgsl.ts';
import type { CodeMatrix } from '../../backend/science/learn/code-matrix.ts';
import { histogram, type Histogram } from '../../backend/science/learn/histogram.ts';
import {
  expectWithin,
  freshSeed,
  gpuName,
  noGpu,
  randomCodes,
  seededRandom,
  theGpu,
} from './support/gpu.ts';
import { wasmTwins } from './support/wasm-histogram.ts';

/** One contract, every twin of the kernel. */
interface Twin {
  readonly name: string;
  /** Bound on the error of one row's value, as a share of the largest. */
  readonly rounding: number;
  readonly skip: string | undefined;
  readonly run: (
    matrix: CodeMatrix,
    gradient: Float64Array,
    hessian: Float64Array,
  ) => Promise<Histogram>;
}

const TWINS: Twin[] = [
  {
    name: 'CPU',
    rounding: 1e-15,
    skip: undefined,
    // A poisoned buffer: what the kernel does not write must not pass for an answer.
    run: async (matrix, gradient, hessian) =>
      histogram(matrix, gradient, hessian, {
        gradient: new Float64Array(matrix.features * 256).fill(Number.NaN),
        hessian: new Float64Array(matrix.features * 256).fill(Number.NaN),
      }),
  },
  ...wasmTwins,
  ...(
    [
      ['', {}],
      [', half the workgroup memory', { span: 8 }],
      [', tiles of many carries', { tiles: 2 }],
      [', blocks of 5,000 rows', { maxBlockRows: 5000 }],
      [', more codes than the budget', { budgetBytes: 200_000 }],
    ] as const
  ).map(([how, options]): Twin => ({
    name: `WebGPU on ${gpuName}${how}`,
    rounding: 0.5 / MAX_FIXED,
    skip: noGpu ? gpuName : undefined,
    run: async (matrix, gradient, hessian) => {
      const kernel = gpuHistogram(theGpu(), matrix, options);
      // Twice, the first time with other values: the second answer must not carry anything over.
      await kernel.run(
        gradient.map((value) => 3 - value),
        hessian,
      );
      const answer = await kernel.run(gradient, hessian);
      kernel.destroy();
      return answer;
    },
  })),
];

/** The slow, obvious oracle: one addition per row and feature, with counts for the error bound. */
function oracle(
  { rows, features, codes }: CodeMatrix,
  values: Float64Array,
  list: Iterable<number> = values.keys(),
): { sums: number[]; counts: number[] } {
  const sums = Array.from({ length: features * 256 }, () => 0);
  const counts = Array.from({ length: features * 256 }, () => 0);
  for (const row of list) {
    for (let feature = 0; feature < features; feature++) {
      const at = feature * 256 + codes[feature * rows + row];
      sums[at] += values[row];
      counts[at]++;
    }
  }
  return { sums, counts };
}

describe.each(TWINS)('histogram on the $name', ({ run, rounding, skip }) => {
  test.skipIf(skip !== undefined).for([
    ['a single row', 1, 1],
    ['rows that fill no word', 7, 3],
    ['one chunk exactly', 8192, 2],
    ['a chunk and one row, features past a group', 8193, 18],
    ['many chunks, many features', 100_003, 32],
  ] as const)(
    `equals the float64 oracle: %s${skip === undefined ? '' : ` (skipped: ${skip})`}`,
    async ([, rows, features]) => {
      const seed = freshSeed();
      const random = seededRandom(seed);
      const matrix = randomCodes(rows, features, random);
      const gradient = Float64Array.from({ length: rows }, () => 2 * random() - 1);
      const hessian = Float64Array.from({ length: rows }, () => random() / 4);
      const found = await run(matrix, gradient, hessian);
      for (const [name, values] of [
        ['gradient', gradient],
        ['hessian', hessian],
      ] as const) {
        const { sums, counts } = oracle(matrix, values);
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const worst = sums.findIndex(
          (sum, at) =>
            !(
              Math.abs(found[name][at] - sum) <=
              counts[at] * largest * rounding + 1e-12 * counts[at]
            ),
        );
        expect(
          worst,
          `seed ${seed}: ${name} of entry ${worst} is ${found[name][worst]}, the oracle says ${sums[worst]}`,
        ).toBe(-1);
      }
    },
  );
});

test.skipIf(noGpu)(`sums past 32 bits carry (${gpuName})`, async () => {
  // All rows in one bucket, each at the largest weight there is.
  const rows = 100_000;
  const codes = new Uint8Array(rows).fill(7);
  const kernel = gpuHistogram(theGpu(), { rows, features: 1, codes }, { tiles: 1 });
  const ones = new Float64Array(rows).fill(1);
  const found = await kernel.run(
    ones.map(() => -1),
    ones,
  );
  kernel.destroy();
  expect(found.gradient[7]).toBeCloseTo(-rows, 6);
  expect(found.hessian[7]).toBeCloseTo(rows, 6);
  expect(found.hessian.reduce((sum, value) => sum + value, 0)).toBeCloseTo(rows, 6);
});

describe.skipIf(noGpu)(`histograms of row lists on ${gpuName}`, () => {
  test.for([
    ['one list of few rows', 100, 3, ['some'], {}],
    ['no row, some rows, every row', 3001, 17, ['none', 'some', 'rest'], {}],
    ['every row', 3001, 2, ['none', 'rest'], {}],
    ['many tiles', 40_000, 5, ['third', 'third', 'third'], {}],
    ['lists over blocks', 4000, 5, ['some', 'third', 'rest'], { maxBlockRows: 700 }],
    ['lists over streamed blocks', 4000, 5, ['third', 'third'], { budgetBytes: 30_000 }],
  ] as const)('equal the sums over those rows: %s', async ([, rows, features, which, options]) => {
    const seed = freshSeed();
    const random = seededRandom(seed);
    const matrix = randomCodes(rows, features, random);
    const gradient = Float64Array.from({ length: rows }, () => 2 * random() - 1);
    const hessian = Float64Array.from({ length: rows }, () => random() / 4);
    let left = Uint32Array.from({ length: rows }, (_, row) => row);
    const share = { none: 0, some: 0.01, third: 1 / 3, rest: 1 };
    const lists = which.map((list) => {
      const own = left.filter(() => random() < share[list]);
      const taken = new Set(own);
      left = left.filter((row) => !taken.has(row));
      return own;
    });
    const kernel = gpuHistogram(theGpu(), matrix, { ...options, lists: lists.length });
    expect(kernel.streams).toBe('budgetBytes' in options);
    await kernel.runLists(hessian, gradient, lists);
    const found = await kernel.runLists(gradient, hessian, lists);
    kernel.destroy();
    lists.forEach((list, l) => {
      for (const [name, values] of [
        ['gradient', gradient],
        ['hessian', hessian],
      ] as const) {
        const { sums, counts } = oracle(matrix, values, list);
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const bound = (at: number) => counts[at] * largest * (0.5 / MAX_FIXED + 1e-12);
        expectWithin(`seed ${seed}: ${name} of list ${l}`, found[l][name], sums, bound);
      }
    });
  });

  test('more lists than room was asked for, or rows than there are, are refused', async () => {
    const kernel = gpuHistogram(theGpu(), { rows: 1, features: 1, codes: new Uint8Array(1) });
    const one = Float64Array.of(1);
    const list = Uint32Array.of(0);
    await expect(kernel.runLists(one, one, [list, list])).rejects.toThrow('2 lists, but room');
    await expect(kernel.runLists(one, one, [Uint32Array.of(0, 0)])).rejects.toThrow(
      'the lists have 2 of 1 rows: give each row once',
    );
    kernel.destroy();
  });
});
