/** Numbers that a kernel takes at once. */
const LANES = 16;
const MOST = 127;

/**
 * The direction of a vector as whole numbers from −127 to 127: `round(127 · x / max |x|)`. The cosine of two of them is that of the vectors up
 * to the rounding, and dot products are exact, so that it is the same on every machine.
 * @param into as long as the vector, or longer. @returns the square of its length.
 */
export function quantise(values: ArrayLike<number>, into: Int8Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    // Divided first: numbers near the largest double would overflow.
    const whole = most === 0 ? 0 : Math.round((values[i] / most) * MOST);
    into[i] = whole;
    square += whole * whole;
  }
  return square;
}

/** Quantised vectors of rows. */
export class Vectors {
  /** So many bytes a vector takes: its dimensions, rounded up to 16. */
  readonly width: number;
  /** Square of the length by row; 0: the row has none. */
  readonly squares: Float64Array;
  readonly #matrix: Int8Array;

  constructor(rows: number, dimensions: number) {
    this.width = Math.ceil(dimensions / LANES) * LANES;
    this.squares = new Float64Array(rows);
    this.#matrix = new Int8Array(rows * this.width);
  }

  set(row: number, values: ArrayLike<number>): void {
    this.squares[row] = quantise(values, this.at(row));
  }

  at(row: number): Int8Array {
    return this.#matrix.subarray(row * this.width, (row + 1) * this.width);
  }
}
