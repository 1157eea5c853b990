import { cholesky, solveColumns } from '../statistics/cholesky.ts';
import { multiply } from '../statistics/matrix.ts';
import type { Evidence } from './shrink.ts';

/** Σ weight · column column ᵀ, columns × columns. @param rows which; @param weights one per such row. Default: 1. */
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

export interface Partialled {
  /** What is left of the other columns' sums of products once the first ones have explained theirs. */
  readonly sums: Float64Array;
  /** Coefficients of the first columns for each of the others: first × others. */
  readonly coefficients: Float64Array;
}

/** Partials the first columns out (Frisch & Waugh, 1933; Lovell, 1963). @param sums of `size` columns. */
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
 * Evidence on the metrics' weights: their sums of products over the variance of what they leave of the target.
 * @param sums of metrics and target, the target last. @param freedom rows less all coefficients.
 */
export function evidenceOf(sums: Float64Array, metrics: number, freedom: number): Evidence {
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
