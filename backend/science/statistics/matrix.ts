/** Product of two small dense matrices, row-major. @param a rows × inner. @param b inner × columns. */
export function multiply(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const value = a[i * inner + k];
      for (let j = 0; j < columns; j++) product[i * columns + j] += value * b[k * columns + j];
    }
  return product;
}

/** Aᵀ. @param a rows × columns, row-major. */
export function transpose(a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = a[i * columns + j];
  return turned;
}

/** `aᵀb`. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The quadratic form `xᵀAx`. @param a square, row-major. */
export const quadratic = (a: ArrayLike<number>, x: ArrayLike<number>): number =>
  dot(multiply(a, x, x.length, x.length, 1), x);

/** `scale · I`, size × size. */
export function identity(size: number, scale = 1): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = scale;
  return matrix;
}

/** `A + B`, element by element. */
export function addMatrices(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const total = new Float64Array(a.length);
  for (let i = 0; i < total.length; i++) total[i] = a[i] + b[i];
  return total;
}

/** Sum of all values. */
export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
