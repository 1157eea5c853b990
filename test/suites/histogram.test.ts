import { afterAll, describe, expect, test } from 'vitest';
import { openGpu } from '../../backend/gpu/device.ts';
import { gpuHistogram } from '../../backend/gpu/histogram.ts';
import { histogram, type CodeMatrix, type Histogram } from '../../backend/train/histogram.ts';
import { seededRandom } from '../../shared/explore/random.ts';

/** One contract, every twin of the kernel. */
const gpu = await openGpu();
afterAll(() => gpu.found && gpu.close());

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
  {
    name: gpu.found ? `WebGPU on ${gpu.name}` : 'WebGPU',
    rounding: 0.5 / (2 ** 18 - 1),
    skip: gpu.found ? undefined : gpu.reason,
    run: async (matrix, gradient, hessian) => {
      const kernel = gpuHistogram(gpu.found ? gpu.device : expect.fail(), matrix);
      // Twice, the first time with other values: the second answer must not carry anything over.
      await kernel.run(
        gradient.map((value) => 3 - value),
        hessian,
      );
      const answer = await kernel.run(gradient, hessian);
      kernel.destroy();
      return answer;
    },
  },
];

/** The slow, obvious oracle: one addition per row and feature, with counts for the error bound. */
function oracle(
  { rows, features, codes }: CodeMatrix,
  values: Float64Array,
): { sums: number[]; counts: number[] } {
  const sums = Array.from({ length: features * 256 }, () => 0);
  const counts = Array.from({ length: features * 256 }, () => 0);
  for (let feature = 0; feature < features; feature++) {
    for (let row = 0; row < rows; row++) {
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
    ['a chunk and one row', 8193, 2],
    ['many chunks, many features', 100_003, 32],
  ] as const)(
    `equals the float64 oracle: %s${skip === undefined ? '' : ` (skipped: ${skip})`}`,
    async ([, rows, features]) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = seededRandom(seed);
      const matrix = {
        rows,
        features,
        codes: Uint8Array.from({ length: rows * features }, () => Math.floor(256 * random() ** 2)),
      };
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
