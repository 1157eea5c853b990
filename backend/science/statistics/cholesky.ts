/**
 * Cholesky factor: the lower triangular L of A = LLᵀ, size × size, row-major. Where a column depends linearly on
 * others, its pivot is 0 within rounding; the pivot is then set to infinity, so that `solveCholesky` gives that unknown
 * the value 0.
 * @param a symmetric, positive semi-definite, size × size, row-major.
 */
export function cholesky(a: ArrayLike<number>, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      let sum = a[i * size + j];
      for (let k = 0; k < j; k++) sum -= lower[i * size + k] * lower[j * size + k];
      lower[i * size + j] = lower[j * size + j] === Infinity ? 0 : sum / lower[j * size + j];
    }
    let pivot = a[i * size + i];
    for (let k = 0; k < i; k++) pivot -= lower[i * size + k] ** 2;
    lower[i * size + i] = pivot > 1e-10 * Math.abs(a[i * size + i]) ? Math.sqrt(pivot) : Infinity;
  }
  return lower;
}

/** Solves LLᵀx = b. @param lower size × size, row-major. @param b size values. */
export function solveCholesky(lower: Float64Array, b: ArrayLike<number>): Float64Array {
  const size = b.length;
  const x = forwardSubstitute(lower, b);
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] -= lower[k * size + i] * x[k];
    x[i] /= lower[i * size + i];
  }
  return x;
}

/** Forward substitution: L⁻¹b. */
export function forwardSubstitute(lower: Float64Array, b: ArrayLike<number>): Float64Array {
  const size = b.length;
  const x = new Float64Array(b);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * size + k] * x[k];
    x[i] /= lower[i * size + i];
  }
  return x;
}

/** Solves LLᵀX = B, column by column. @param b and the result: size × columns, row-major. */
export function solveColumns(
  lower: Float64Array,
  b: ArrayLike<number>,
  size: number,
  columns: number,
): Float64Array {
  const solved = new Float64Array(size * columns);
  const column = new Float64Array(size);
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < size; i++) column[i] = b[i * columns + j];
    const x = solveCholesky(lower, column);
    for (let i = 0; i < size; i++) solved[i * columns + j] = x[i];
  }
  return solved;
}
