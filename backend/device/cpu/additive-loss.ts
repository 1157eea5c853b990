import { MOST_SCORES, type DescentLoss } from '../../science/learn/device/descent-loss.ts';
import {
  FEATURE_STRIDE,
  BLOCK_ROWS,
  blocksOf,
  strideOf,
  type LoadedCodes,
} from './loaded-codes.ts';
import { MODE, type LossTotals, type RowLoss } from './row-losses.ts';

const BUCKETS = 256;

/**
 * A loss of additive scores as a function of the weights, `Float64Array(F × 256)`, with its gradient: the
 * histogram of the rows' gradients. Sums are of whole numbers of 62 bits, so they do not depend on threads.
 */
export class AdditiveLoss implements DescentLoss {
  readonly precision = 2 ** -52;
  readonly #matrix: LoadedCodes;
  readonly #loss: RowLoss;
  readonly #weights: number;
  readonly #sums: number;

  /** Bytes that it allocates, the scores of a descent included. */
  static sizeBytes(rows: number, features: number, threads: number): number {
    return (
      (1 + threads) * strideOf(features) * FEATURE_STRIDE * 8 + MOST_SCORES * (8 * rows + 128) + 256
    );
  }

  constructor(matrix: LoadedCodes, loss: RowLoss) {
    const { pool, stride } = matrix;
    this.#matrix = matrix;
    this.#loss = loss;
    this.#weights = pool.allocate(stride * FEATURE_STRIDE * 8);
    this.#sums = pool.allocate(pool.threads * stride * FEATURE_STRIDE * 8);
  }

  /** @returns the address of scores of its own, f64 per row. */
  allocateScores = (): number => this.#matrix.pool.allocate(8 * this.#matrix.rows);

  score(weights: Float64Array, into: number): void {
    const { pool, codes, stride, rows } = this.#matrix;
    if (weights.every((weight) => weight === 0)) {
      pool.f64(into, rows).fill(0);
      return;
    }
    const own = pool.f64(this.#weights, stride * FEATURE_STRIDE);
    for (let first = 0, at = 0; first < weights.length; first += BUCKETS, at += FEATURE_STRIDE)
      own.set(weights.subarray(first, first + BUCKETS), at);
    const blocks = blocksOf(rows);
    pool.run('additive', blocks, [codes, stride, this.#weights, rows, BLOCK_ROWS, into]);
  }

  /** `into = a · x + b · y`: scores are linear in the weights. */
  combine(x: number, a: number, y: number, b: number, into: number): void {
    const { pool, rows } = this.#matrix;
    pool.run('combine', blocksOf(rows), [x, y, into, rows, BLOCK_ROWS, a, b]);
  }

  value(scores: number): number {
    return this.#loss.evaluate(MODE.nothing, scores).loss;
  }

  /** @param into takes the gradient, `Float64Array(F × 256)`. @returns the loss. */
  gradient(scores: number, into: Float64Array): number {
    return this.#sumsOf(MODE.gradient, scores, into);
  }

  /** @param into takes the diagonal of the hessian. */
  curvature(scores: number, into: Float64Array): void {
    this.#sumsOf(MODE.hessian, scores, into);
  }

  #sumsOf(mode: 1 | 2, scores: number, into: Float64Array): number {
    const { pool, codes, stride, rows } = this.#matrix;
    const totals: LossTotals = this.#loss.evaluate(mode, scores);
    const most = mode === MODE.gradient ? totals.mostGradient : totals.mostHessian;
    into.fill(0);
    if (!(most > 0)) return totals.loss;
    // No sum of all rows leaves 62 bits, and one value stays exact in f64.
    const scale = 2 ** Math.min(50, 62 - Math.ceil(Math.log2(rows + 1))) / most;
    const { values } = this.#loss;
    pool.run('widen', blocksOf(rows), [values, rows, BLOCK_ROWS, scale]);
    const cells = stride * FEATURE_STRIDE;
    pool.u8(this.#sums, pool.threads * cells * 8).fill(0);
    pool.run('histogramWide', blocksOf(rows), [
      codes,
      stride,
      values,
      rows,
      BLOCK_ROWS,
      this.#sums,
    ]);
    const words = pool.u32(this.#sums, 2 * pool.threads * cells);
    for (let cell = 0; cell < into.length; cell++) {
      // Halves apart: both sums are exact, so that rounding happens once, whichever thread took which rows.
      let [high, low] = [0, 0];
      for (let thread = 0; thread < pool.threads; thread++) {
        const at = 2 * (thread * cells + (cell >> 8) * FEATURE_STRIDE + (cell & 255));
        high += words[at + 1] | 0;
        low += words[at];
      }
      into[cell] = (high * 4_294_967_296 + low) / scale;
    }
    return totals.loss;
  }
}
