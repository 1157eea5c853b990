import type { Normaliser } from './learned-weights.ts';

/**
 * Mean and standard deviation of the values that are not NaN, by Welford's algorithm.
 * @param rows the rows to use; default all. @returns a deviation of 0 for a constant column.
 */
export function normaliserOf(values: ArrayLike<number>, rows?: ArrayLike<number>): Normaliser {
  let [n, mean, squares] = [0, 0, 0];
  const length = rows?.length ?? values.length;
  for (let i = 0; i < length; i++) {
    const value = values[rows?.[i] ?? i];
    if (Number.isNaN(value)) continue;
    n++;
    const gap = value - mean;
    mean += gap / n;
    squares += gap * (value - mean);
  }
  const deviation = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
  // A deviation of the size of rounding errors means that all values are equal.
  return { mean, deviation: deviation > 1e-12 * Math.abs(mean) ? deviation : 0 };
}

/** `(value − mean) / deviation`; 0 for a constant column. */
export const normalised = (value: number, { mean, deviation }: Normaliser): number =>
  deviation === 0 ? 0 : (value - mean) / deviation;
