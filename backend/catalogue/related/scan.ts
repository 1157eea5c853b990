import { alikeBy, cosineOf, overlapOf, type AlikeWeights } from './alike.ts';
import type { BucketLists } from './buckets.ts';
import { Cells } from './cells.ts';
import { kernelsWith, type Kernels } from './kernels.ts';
import type { NearestRows } from './nearest-rows.ts';
import type { Vectors } from './vectors.ts';

/** Places that are compared between two looks at what the best have at least: few at first, as it rises fast then. */
const FIRST_BLOCK = 256;
const LARGEST_BLOCK = 8192;
/** Kernels compute with seven digits: they are asked for a little less. */
const SLACK = 1 - 1e-5;
/** The least that is above 0 to a kernel. */
const ABOVE_ZERO = 1e-30;
/** Where a row's lists hold fewer rows than this share, sums are taken back row by row. */
const FEW = 1 / 8;

/** What is compared. Rows have numbers from 0 in each of them. */
export interface Compared {
  readonly rows: number;
  readonly weights: AlikeWeights;
  readonly lists: BucketLists | undefined;
  readonly vectors: Vectors | undefined;
}

/**
 * Compares a row with all others, or with those in the nearest cells and with those whose buckets alone make them alike enough. Overlaps come of inverted
 * lists, cosines of dot products of a block of rows at a time. All that a row is compared by lies in one memory in the order of cells: `width` bytes, and
 * 16 more and 4 for each bucket.
 */
export class Scan {
  readonly #compared: Compared;
  readonly #kernels: Kernels;
  /** Row by place; undefined where they are the same. */
  readonly #rowAt: Uint32Array | undefined;
  readonly #cells: Cells | undefined;
  /** Where each cell begins, and behind the last one those without a vector. */
  readonly #cellFrom: Uint32Array;
  readonly #probed: Uint32Array;
  readonly #isProbed: Uint8Array;
  readonly #at: Places;
  readonly #query: Int16Array;
  readonly #dots: Int32Array;
  readonly #sums: Int32Array;
  readonly #found: Int32Array;

  /** @param probed into so many of the nearest cells is looked; undefined: all rows are compared. */
  constructor(compared: Compared, probed: number | undefined) {
    const { rows, lists, vectors } = compared;
    this.#compared = compared;
    const { cells, rowAt, cellFrom } = placed(rows, vectors, probed);
    this.#cells = cells;
    this.#rowAt = rowAt;
    this.#cellFrom = cellFrom;
    this.#probed = new Uint32Array(probed ?? 0);
    this.#isProbed = new Uint8Array(cells?.count ?? 0);
    const at = placesOf(rows, vectors?.width ?? 0, lists?.in.length ?? 0);
    this.#at = at;
    const { kernels, buffer } = kernelsWith(at.end);
    this.#kernels = kernels;
    this.#query = new Int16Array(buffer, at.query, vectors?.width ?? 0);
    this.#dots = new Int32Array(buffer, at.dots, LARGEST_BLOCK);
    this.#sums = new Int32Array(buffer, at.sums, rows);
    this.#found = new Int32Array(buffer, at.found, LARGEST_BLOCK);
    const inverse = new Float32Array(buffer, at.inverse, rows);
    const totals = new Float32Array(buffer, at.totals, rows);
    const placeOf = new Uint32Array(rows);
    for (let place = 0; place < rows; place++) {
      const row = rowAt?.[place] ?? place;
      placeOf[row] = place;
      if (lists !== undefined) totals[place] = lists.totals[row];
      if (vectors === undefined) continue;
      const square = vectors.squares[row];
      inverse[place] = square === 0 ? 0 : 1 / Math.sqrt(square);
      new Int8Array(buffer, at.vectors + place * vectors.width, vectors.width).set(vectors.at(row));
    }
    if (lists !== undefined) {
      const into = new Uint32Array(buffer, at.lists, lists.in.length);
      for (let i = 0; i < into.length; i++) into[i] = placeOf[lists.in[i]];
    }
  }

  /** Finds what is most like a row. */
  search(row: number, best: NearestRows): void {
    const { rows, vectors } = this.#compared;
    best.begin(row, rows);
    const square = vectors?.squares[row] ?? 0;
    this.#addUp(row, 1);
    if (square > 0) this.#query.set(vectors!.at(row));
    if (this.#cells === undefined) this.#range(row, 0, rows, square > 0, best);
    else {
      const count = square > 0 ? this.#cells.nearest(row, this.#probed) : 0;
      for (let i = 0; i < count; i++) {
        const cell = this.#probed[i];
        this.#isProbed[cell] = 1;
        this.#range(row, this.#cellFrom[cell], this.#cellFrom[cell + 1], true, best);
      }
      if (this.#compared.lists !== undefined) this.#others(row, best);
      for (let i = 0; i < count; i++) this.#isProbed[this.#probed[i]] = 0;
    }
    this.#addUp(row, -1);
  }

  /** Rows of other cells, by their buckets. */
  #others(row: number, best: NearestRows): void {
    const { rows } = this.#compared;
    let from = 0;
    this.#isProbed.forEach((probed, cell) => {
      if (probed === 0) return;
      this.#range(row, from, this.#cellFrom[cell], false, best);
      from = this.#cellFrom[cell + 1];
    });
    this.#range(row, from, rows, false, best);
  }

  /** What each row has in common with one is added up, or taken back. */
  #addUp(row: number, sign: 1 | -1): void {
    const { lists, rows } = this.#compared;
    if (lists === undefined) return;
    const { from, of, first, weights } = lists;
    if (sign < 0) {
      let length = 0;
      for (let i = from[row]; i < from[row + 1]; i++) length += first[of[i] + 1] - first[of[i]];
      if (length > FEW * rows) {
        this.#sums.fill(0);
        return;
      }
    }
    for (let i = from[row]; i < from[row + 1]; i++) {
      const bucket = of[i];
      const length = first[bucket + 1] - first[bucket];
      const list = this.#at.lists + 4 * first[bucket];
      this.#kernels.add(this.#at.sums, list, length, sign * weights[bucket]);
    }
  }

  #range(row: number, from: number, to: number, byVectors: boolean, best: NearestRows): void {
    const { vectors, weights, lists } = this.#compared;
    const at = this.#at;
    const all = weights.vectors + weights.buckets;
    const scale = byVectors ? weights.vectors / Math.sqrt(vectors!.squares[row]) : 0;
    const total = lists?.totals[row] ?? 0;
    let size = FIRST_BLOCK;
    for (let begin = from; begin < to; size = Math.min(LARGEST_BLOCK, 2 * size)) {
      const end = Math.min(to, begin + size);
      if (byVectors) {
        const { width } = vectors!;
        this.#kernels.dots(0, at.vectors + begin * width, end - begin, width, at.dots);
      }
      const count = this.#kernels.alike(
        begin,
        end,
        byVectors ? at.dots : 0,
        at.inverse,
        scale,
        at.sums,
        at.totals,
        total,
        weights.buckets,
        Math.max(ABOVE_ZERO, best.least * all * SLACK),
        at.found,
      );
      for (let i = 0; i < count; i++) {
        const place = this.#found[i];
        const other = this.#rowAt?.[place] ?? place;
        const dot = byVectors ? this.#dots[place - begin] : this.#dotWith(row, other);
        best.offer(other, this.#score(row, other, dot, this.#sums[place]));
      }
      begin = end;
    }
  }

  #score(row: number, other: number, dot: number, common: number): number {
    const { vectors, lists, weights } = this.#compared;
    const cosine =
      vectors === undefined ? 0 : cosineOf(dot, vectors.squares[row], vectors.squares[other]);
    const overlap =
      lists === undefined ? 0 : overlapOf(common, lists.totals[row], lists.totals[other]);
    return alikeBy(weights, cosine, overlap);
  }

  #dotWith(row: number, other: number): number {
    const { vectors } = this.#compared;
    if (vectors === undefined || vectors.squares[row] === 0) return 0;
    const [a, b] = [vectors.at(row), vectors.at(other)];
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }
}

/** Where what is compared lies in the kernels' memory, in bytes. */
interface Places {
  readonly query: 0;
  readonly dots: number;
  readonly found: number;
  readonly inverse: number;
  readonly totals: number;
  readonly sums: number;
  readonly lists: number;
  readonly vectors: number;
  readonly end: number;
}

function placesOf(rows: number, width: number, listed: number): Places {
  // A kernel reads four numbers from any place on.
  const numbers = 4 * rows + 16;
  const dots = 2 * width;
  const found = dots + 4 * LARGEST_BLOCK + 16;
  const inverse = found + 4 * LARGEST_BLOCK;
  const totals = inverse + numbers;
  const sums = totals + numbers;
  const lists = sums + numbers;
  const vectors = lists + 4 * listed;
  return {
    query: 0,
    dots,
    found,
    inverse,
    totals,
    sums,
    lists,
    vectors,
    end: vectors + rows * width,
  };
}

/** Rows in order of their cells; those without a vector are behind. */
function placed(rows: number, vectors: Vectors | undefined, probed: number | undefined) {
  const none = { cells: undefined, rowAt: undefined, cellFrom: new Uint32Array(0) };
  if (vectors === undefined || probed === undefined) return none;
  const every = Uint32Array.from({ length: rows }, (_, row) => row);
  const known = every.filter((row) => vectors.squares[row] > 0);
  if (known.length === 0) return none;
  const cells = new Cells(vectors, known);
  const cellOf = Uint32Array.from(known, (row) => cells.of(row));
  const cellFrom = new Uint32Array(cells.count + 1);
  for (const cell of cellOf) cellFrom[cell + 1]++;
  for (let cell = 0; cell < cells.count; cell++) cellFrom[cell + 1] += cellFrom[cell];
  const next = cellFrom.slice();
  const rowAt = new Uint32Array(rows);
  known.forEach((row, i) => (rowAt[next[cellOf[i]]++] = row));
  rowAt.set(
    every.filter((row) => vectors.squares[row] === 0),
    known.length,
  );
  return { cells, rowAt, cellFrom };
}
