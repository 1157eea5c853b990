import { AdditiveLoss } from '../../../backend/device/cpu/additive-loss.ts';
import { loadCodes } from '../../../backend/device/cpu/loaded-codes.ts';
import { KernelPool } from '../../../backend/device/cpu/pool.ts';
import { MODE, type RowLoss } from '../../../backend/device/cpu/row-losses.ts';
import type { CodeMatrix } from '../../../backend/science/learn/code-matrix.ts';
import { emptyHistogram, type Histogram } from '../../../backend/science/learn/histogram.ts';
import { scratchBytesOf } from '../../../backend/device/cpu/grow-tree.ts';
import { gradientUnits, packGradients } from '../../../backend/device/cpu/pack-gradients.ts';

const BUCKETS = 256;
const BLOCK_ROWS = 20_000;

type Run = (
  pool: KernelPool,
  matrix: CodeMatrix,
  gradient: Float64Array,
  hessian: Float64Array,
) => Histogram;

const mostOf = (values: Float64Array) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** As the trees use it: gradient and hessian packed into one whole number, blocks added under a lock. */
const packed: Run = (pool, columns, gradient, hessian) => {
  const { rows, features } = columns;
  const matrix = loadCodes(pool, columns);
  const values = pool.allocate(8 * rows);
  const pairs = pool.f32(values, 2 * rows);
  for (let row = 0; row < rows; row++) pairs.set([gradient[row], hessian[row]], 2 * row);
  const totals = { loss: 0, mostGradient: mostOf(gradient), mostHessian: mostOf(hessian) };
  const units = gradientUnits(totals)!;
  packGradients(pool, values, rows, units, 1);
  const words: number[] = [];
  for (let from = 0; from < rows; from += BLOCK_ROWS)
    words.push(from, Math.min(from + BLOCK_ROWS, rows), 0, rows <= BLOCK_ROWS ? 1 : 0);
  const blocks = pool.allocate(4 * words.length);
  pool.u32(blocks, words.length).set(words);
  const cells = features * BUCKETS;
  const sums = pool.allocate(16 * cells);
  const scratchBytes = scratchBytesOf(features);
  const scratch = pool.allocate(pool.threads * scratchBytes);
  pool.u8(scratch, pool.threads * scratchBytes).fill(0xff);
  const { codes, stride, buckets } = matrix;
  const into = [blocks, sums, features, pool.allocate(4), scratch, scratchBytes, buckets];
  pool.run('histogramBlock', words.length / 4, [codes, stride, values, 0, ...into]);
  const pair = (at: 0 | 1, unit: number) =>
    Float64Array.from(
      { length: cells },
      (_, cell) => pool.f64(sums, 2 * cells)[2 * cell + at] * unit,
    );
  return { gradient: pair(0, units.gradient), hessian: pair(1, units.hessian) };
};

/** As the additive learner uses it: one wide whole number per row. */
const wide: Run = (pool, columns, gradient, hessian) => {
  const { rows } = columns;
  const values = pool.allocate(8 * rows);
  const given: RowLoss = {
    scores: values,
    values,
    evaluate(mode) {
      pool.f64(values, rows).set(mode === MODE.gradient ? gradient : hessian);
      return { loss: 0, mostGradient: mostOf(gradient), mostHessian: mostOf(hessian) };
    },
  };
  const loss = new AdditiveLoss(loadCodes(pool, columns), given);
  const found = emptyHistogram(columns.features);
  loss.gradient(values, found.gradient.fill(Number.NaN));
  loss.curvature(values, found.hessian.fill(Number.NaN));
  return found;
};

/** The WebAssembly twins of the histogram, on two threads. */
export const wasmTwins = (
  [
    ['packed for trees', packed, 1.01 / (2 ** 15 - 2)],
    ['wide for the additive learner', wide, 1e-14],
  ] as const
).map(([how, run, rounding]) => ({
  name: `CPU in WebAssembly, ${how}`,
  rounding,
  skip: undefined,
  run: async (matrix: CodeMatrix, gradient: Float64Array, hessian: Float64Array) => {
    const pool = new KernelPool(2 ** 26, 2);
    const found = run(pool, matrix, gradient, hessian);
    await pool.close();
    return found;
  },
}));
