import { kernelsWith, type Kernels } from './kernels.ts';
import { quantise, type Vectors } from './vectors.ts';

const ROUNDS = 6;
/** Rows of a sample for each cell. */
const SAMPLED = 24;
/** The most cells that are asked for at once. */
const MOST_NEAREST = 64;

/**
 * Which cell each of some rows is in: the one whose centre its direction is nearest to, of as many cells as the root of the rows. Centres are found by spherical
 * k-means (Dhillon and Modha, 2001) on an evenly spaced sample, from evenly spaced rows, so that equal rows give equal cells.
 */
export class Cells {
  readonly count: number;
  readonly #vectors: Vectors;
  readonly #centres: Int8Array;
  /** 1 / length. */
  readonly #inverse: Float64Array;
  readonly #query: Int16Array;
  readonly #dots: Int32Array;
  readonly #kernels: Kernels;
  readonly #scores = new Float64Array(MOST_NEAREST);

  /** @param known rows that have a direction, at least one. */
  constructor(vectors: Vectors, known: Uint32Array) {
    const { width } = vectors;
    this.#vectors = vectors;
    this.count = Math.max(1, Math.round(Math.sqrt(known.length)));
    const dotsAt = 2 * width;
    const centresAt = dotsAt + 16 * Math.ceil(this.count / 4);
    const { kernels, buffer } = kernelsWith(centresAt + this.count * width);
    this.#kernels = kernels;
    this.#query = new Int16Array(buffer, 0, width);
    this.#dots = new Int32Array(buffer, dotsAt, this.count);
    this.#centres = new Int8Array(buffer, centresAt, this.count * width);
    this.#inverse = new Float64Array(this.count);
    for (let c = 0; c < this.count; c++)
      this.#move(c, vectors.at(known[Math.floor((c * known.length) / this.count)]));
    const every = Math.max(1, Math.floor(known.length / (this.count * SAMPLED)));
    const sample = known.filter((_, i) => i % every === 0);
    const sums = new Float64Array(this.count * width);
    for (let round = 0; round < ROUNDS; round++) {
      sums.fill(0);
      for (const row of sample) {
        const to = this.of(row) * width;
        const own = vectors.at(row);
        const length = Math.sqrt(vectors.squares[row]);
        for (let i = 0; i < width; i++) sums[to + i] += own[i] / length;
      }
      for (let c = 0; c < this.count; c++) this.#move(c, sums.subarray(c * width, (c + 1) * width));
    }
  }

  of(row: number): number {
    this.#compare(row);
    let [best, most] = [0, -Infinity];
    for (let c = 0; c < this.count; c++) {
      const score = this.#dots[c] * this.#inverse[c];
      if (score > most) [best, most] = [c, score];
    }
    return best;
  }

  /** Writes the cells that are nearest to a row, the nearest first. @param into at most `MOST_NEAREST`. @returns how many there are. */
  nearest(row: number, into: Uint32Array): number {
    this.#compare(row);
    const most = Math.min(into.length, this.count);
    const scores = this.#scores;
    let size = 0;
    for (let c = 0; c < this.count; c++) {
      const score = this.#dots[c] * this.#inverse[c];
      if (size === most && score <= scores[size - 1]) continue;
      let at = size < most ? size++ : size - 1;
      for (; at > 0 && scores[at - 1] < score; at--) {
        scores[at] = scores[at - 1];
        into[at] = into[at - 1];
      }
      scores[at] = score;
      into[at] = c;
    }
    return size;
  }

  #compare(row: number): void {
    this.#query.set(this.#vectors.at(row));
    const { byteOffset: centresAt } = this.#centres;
    const { width } = this.#vectors;
    this.#kernels.dots(0, centresAt, this.count, width, this.#dots.byteOffset);
  }

  /** A cell that nobody is in stays where it is. */
  #move(cell: number, to: ArrayLike<number>): void {
    const { width } = this.#vectors;
    const centre = new Int8Array(width);
    const square = quantise(to, centre);
    if (square === 0) return;
    this.#centres.set(centre, cell * width);
    this.#inverse[cell] = 1 / Math.sqrt(square);
  }
}
