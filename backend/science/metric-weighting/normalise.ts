import type { Normaliser } from './learned-weights.ts';

/**
 * Mean and standard deviation of what is there (NaN is not).
 * @returns a deviation of 0 where there is no spread: nothing can be told from such a column.
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
  // What rounding leaves of equal values is no spread.
  return { mean, deviation: deviation > 1e-12 * Math.abs(mean) ? deviation : 0 };
}

/** `(value − mean) / deviation`; 0 where there is no spread. */
export const normalised = (value: number, { mean, deviation }: Normaliser): number =>
  deviation === 0 ? 0 : (value - mean) / deviation;
