import type { Fold } from '../../../backend/science/evaluation/splits.ts';
import type { CodeMatrix } from '../../../backend/science/learn/code-matrix.ts';

/** Codes and labels that every tool learns from alike, and who is judged on what. */
export interface Task {
  readonly columns: CodeMatrix;
  /** One per row: 0 or 1, or an item's grade. */
  readonly labels: Float64Array;
  /** Slate s has the rows `starts[s] .. starts[s + 1] − 1`; one row each where rows stand alone. */
  readonly starts: Uint32Array;
  /** Numbers of slates. */
  readonly splits: readonly Fold[];
}

/** @returns of each split the scores of its test rows, in their order. */
export type Tool = (task: Task) => Promise<readonly Float64Array[]>;

/** Every row a slate of its own. */
export const apart = (rows: number): Uint32Array =>
  Uint32Array.from({ length: rows + 1 }, (_, row) => row);

export function rowsOf(starts: Uint32Array, slates: Uint32Array): Uint32Array {
  const rows: number[] = [];
  for (const slate of slates)
    for (let row = starts[slate]; row < starts[slate + 1]; row++) rows.push(row);
  return Uint32Array.from(rows);
}

/** Rows of each of the slates. */
export const lengthsOf = (starts: Uint32Array, slates: Uint32Array): Uint32Array =>
  slates.map((slate) => starts[slate + 1] - starts[slate]);

/** The starts of the slates, once their rows lie side by side. */
export function startsOf(starts: Uint32Array, slates: Uint32Array): Uint32Array {
  const own = new Uint32Array(slates.length + 1);
  lengthsOf(starts, slates).forEach((length, i) => (own[i + 1] = own[i] + length));
  return own;
}

export function takeColumns({ rows, features, codes }: CodeMatrix, taken: Uint32Array): CodeMatrix {
  const own = new Uint8Array(features * taken.length);
  for (let feature = 0; feature < features; feature++)
    for (let i = 0; i < taken.length; i++)
      own[feature * taken.length + i] = codes[feature * rows + taken[i]];
  return { rows: taken.length, features, codes: own };
}

export const takeLabels = (labels: Float64Array, taken: Uint32Array): Float64Array =>
  Float64Array.from(taken, (row) => labels[row]);
