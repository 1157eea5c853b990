import { MOST_SCORES, type DescentLoss } from '../../science/learn/device/descent-loss.ts';
import { FEATURE_STRIDE, BLOCK_ROWS, blocksOf, strideOf, type RowCodes } from './loaded-codes.ts';
import { MODE, type LossTotals, type RowLoss } from './row-losses.ts';

const BUCKETS = 256;
/** Distance from one feature's 256 pairs of sums to the next feature's, in numbers of 8 bytes: see `FEATURE_STRIDE`. */
const PAIRS_STRIDE = 2 * BUCKETS + 8;
/** Half of what 32 bits with a sign hold: rounding the largest of all rows to f32 and to a whole number cannot leave them. */
const MAX_PAIR = 2 ** 30;

/**
 * A loss of additive scores as a function of the weights, `Float64Array(F × 256)`, with its gradient: the
 * histogram of the rows' gradients. Sums are of whole numbers of 62 bits, so they do not depend on threads.
 */
export class AdditiveLoss implements DescentLoss {
  readonly precision = 2 ** -52;
  readonly #matrix: RowCodes;
  readonly #loss: RowLoss;
  readonly #weights: number;
  readonly #sums: number;
  /** Whose gradients lie in the loss's values. */
  #evaluated: { readonly scores: number; readonly totals: LossTotals } | undefined;

  /** Bytes that it allocates, the scores of a descent included. */
  static sizeBytes(rows: number, features: number, threads: number): number {
    const weights = strideOf(features) * FEATURE_STRIDE * 8;
    const sums = threads * strideOf(features) * PAIRS_STRIDE * 8;
    return weights + sums + MOST_SCORES * (8 * rows + 128) + 256;
  }

  constructor(matrix: RowCodes, loss: RowLoss) {
    const { pool, stride } = matrix;
    this.#matrix = matrix;
    this.#loss = loss;
    this.#weights = pool.allocate(stride * FEATURE_STRIDE * 8);
    this.#sums = pool.allocate(pool.threads * stride * PAIRS_STRIDE * 8);
  }

  /** @returns the address of scores of its own, f64 per row. */
  allocateScores = (): number => this.#matrix.pool.allocate(8 * this.#matrix.rows, 'overwritten');

  score(weights: Float64Array, into: number): void {
    const { pool, codes, stride, rows } = this.#matrix;
    this.#forget(into);
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
    this.#forget(into);
    pool.run('combine', blocksOf(rows), [x, y, into, rows, BLOCK_ROWS, a, b]);
  }

  value(scores: number, thenGradient = false): number {
    if (!thenGradient) {
      this.#evaluated = undefined;
      return this.#loss.evaluate(MODE.nothing, scores).loss;
    }
    const totals = this.#loss.evaluate(MODE.gradient, scores);
    this.#evaluated = { scores, totals };
    return totals.loss;
  }

  /**
   * @param into takes the gradient, `Float64Array(F × 256)`.
   * @param curvature takes the diagonal of the hessian, from the same pass over the codes. Both are then of what each row has
   * rounded to 24 bits. @returns the loss.
   */
  gradient(scores: number, into: Float64Array, curvature?: Float64Array): number {
    if (curvature !== undefined) return this.#sumsOfPairs(scores, into, curvature);
    const known = this.#evaluated?.scores === scores ? this.#evaluated.totals : undefined;
    const totals = known ?? this.#loss.evaluate(MODE.gradient, scores);
    this.#sumsOf(totals.mostGradient, into);
    return totals.loss;
  }

  /** @param into takes the diagonal of the hessian. */
  curvature(scores: number, into: Float64Array): void {
    this.#sumsOf(this.#loss.evaluate(MODE.hessian, scores).mostHessian, into);
  }

  /** What was kept of these scores says nothing of them any more. */
  #forget(scores: number): void {
    if (this.#evaluated?.scores === scores) this.#evaluated = undefined;
  }

  /** Sums of the numbers that the loss left in its values, which are overwritten. @param most the largest. */
  #sumsOf(most: number, into: Float64Array): void {
    const { pool, codes, stride, rows } = this.#matrix;
    this.#evaluated = undefined;
    into.fill(0);
    if (!(most > 0)) return;
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
  }

  #sumsOfPairs(scores: number, gradient: Float64Array, hessian: Float64Array): number {
    const { pool, codes, stride, rows } = this.#matrix;
    this.#evaluated = undefined;
    const { loss, mostGradient, mostHessian } = this.#loss.evaluate(MODE.both, scores);
    const { values } = this.#loss;
    const into = [gradient, hessian];
    const scales = [mostGradient, mostHessian].map((most) => (most > 0 ? MAX_PAIR / most : 0));
    pool.run('widenPairs', blocksOf(rows), [values, rows, BLOCK_ROWS, ...scales]);
    const cells = stride * PAIRS_STRIDE;
    pool.u8(this.#sums, pool.threads * cells * 8).fill(0);
    pool.run('histogramPairs', blocksOf(rows), [
      codes,
      stride,
      values,
      rows,
      BLOCK_ROWS,
      this.#sums,
    ]);
    const words = pool.u32(this.#sums, 2 * pool.threads * cells);
    for (let cell = 0; cell < gradient.length; cell++)
      into.forEach((sums, which) => {
        let [high, low] = [0, 0];
        for (let thread = 0; thread < pool.threads; thread++) {
          const number = (cell >> 8) * PAIRS_STRIDE + 2 * (cell & 255) + which;
          const at = 2 * (thread * cells + number);
          high += words[at + 1] | 0;
          low += words[at];
        }
        sums[cell] = scales[which] === 0 ? 0 : (high * 4_294_967_296 + low) / scales[which];
      });
    return loss;
  }
}
