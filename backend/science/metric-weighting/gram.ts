import { cholesky, solveColumns } from '../statistics/cholesky.ts';
import { multiply } from '../statistics/matrix.ts';
import type { GaussianLikelihood } from './shrink.ts';

/**
 * Gram matrix Σ weight · x xᵀ over the given rows, columns × columns, row-major.
 * @param rows indices of rows. @param weights one per entry of `rows`; default 1.
 */
export function gram(
  columns: readonly Float64Array[],
  rows: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Float64Array {
  const size = columns.length;
  const sums = new Float64Array(size * size);
  const kept = new Float64Array(rows.length);
  for (let a = 0; a < size; a++) {
    const left = columns[a];
    for (let i = 0; i < rows.length; i++) kept[i] = left[rows[i]] * (weights?.[i] ?? 1);
    for (let b = 0; b <= a; b++) {
      const right = columns[b];
      let sum = 0;
      for (let i = 0; i < rows.length; i++) sum += kept[i] * right[rows[i]];
      sums[a * size + b] = sum;
      sums[b * size + a] = sum;
    }
  }
  return sums;
}

/** Sums of products after the first columns are partialled out. */
export interface Partialled {
  /** Sums of products of the residuals of the other columns, others × others. */
  readonly sums: Float64Array;
  /** Regression coefficients of the other columns on the first ones, first × others. */
  readonly coefficients: Float64Array;
}

/**
 * Partials the first columns out of the others (Frisch & Waugh, 1933; Lovell, 1963).
 * @param sums Gram matrix, size × size. @param first number of columns to partial out.
 */
export function partialOut(sums: Float64Array, size: number, first: number): Partialled {
  const others = size - first;
  const own = blockOf(sums, size, 0, first, 0, first);
  const across = blockOf(sums, size, 0, first, first, size);
  const coefficients = solveColumns(cholesky(own, first), across, first, others);
  const left = blockOf(sums, size, first, size, first, size);
  const back = blockOf(sums, size, first, size, 0, first);
  const explained = multiply(back, coefficients, others, first, others);
  return { sums: left.map((value, i) => value - explained[i]), coefficients };
}

/**
 * Likelihood of the weights of the metrics: their sums of products divided by the residual variance of the target.
 * @param sums Gram matrix of the metrics and, last, the target. @param freedom residual degrees of freedom.
 */
export function regressionLikelihood(
  sums: Float64Array,
  metrics: number,
  freedom: number,
): GaussianLikelihood {
  const size = metrics + 1;
  const { sums: left } = partialOut(sums, size, metrics);
  const whole = sums[size * size - 1];
  const variance = Math.max(left[0], 1e-9 * whole) / Math.max(freedom, 1);
  const per = variance > 0 ? 1 / variance : 0;
  return {
    precision: blockOf(sums, size, 0, metrics, 0, metrics).map((value) => value * per),
    cross: blockOf(sums, size, 0, metrics, metrics, size).map((value) => value * per),
  };
}

/** Rows top..bottom and columns left..right of a size × size matrix. */
function blockOf(
  sums: Float64Array,
  size: number,
  top: number,
  bottom: number,
  left: number,
  right: number,
): Float64Array {
  const width = right - left;
  return Float64Array.from(
    { length: (bottom - top) * width },
    (_, at) => sums[(top + ((at / width) | 0)) * size + left + (at % width)],
  );
}
