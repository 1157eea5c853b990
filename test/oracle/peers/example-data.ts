import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { CodeMatrix } from '../../../backend/science/learn/code-matrix.ts';
import { sharedFile } from '../../support/shared-data.ts';
import { apart } from './task.ts';

/** LightGBM's example data: numbers, as codes of at most 255 bins. */
export const EXAMPLE_DATA = 'data/lightgbm/binary.train.gz';

/** The rows to learn from, then those to judge by, in one. */
export interface Example {
  readonly columns: CodeMatrix;
  readonly labels: Float64Array;
  readonly starts: Uint32Array;
  /** Slates to learn from; the rest are the given test split. */
  readonly trainSlates: number;
}

const BINS = 255;
/** As LightGBM's `min_data_in_bin`. */
const LEAST_IN_BIN = 3;

/** 7,000 + 500 rows of 28 columns. @param cutAll bins are cut on all rows rather than on those to learn from. */
export function readBinary(cutAll: boolean): Example {
  const [train, test] = ['binary.train.gz', 'binary.test.gz'].map((name) =>
    linesOf(name).map((line) => line.split('\t').map(Number)),
  );
  const all = [...train, ...test];
  const cutRows = cutAll ? all.length : train.length;
  return {
    columns: encode(
      all.map((row) => row.slice(1)),
      28,
      cutRows,
    ),
    labels: Float64Array.from(all, ([label]) => label),
    starts: apart(all.length),
    trainSlates: train.length,
  };
}

/** 201 + 50 queries of 3,773 graded rows, 301 columns. */
export function readRank(cutAll: boolean): Example {
  const [train, test] = ['rank.train.gz', 'rank.test.gz'].map((name) =>
    linesOf(name).map((line) => line.split(' ')),
  );
  const all = [...train, ...test];
  const lengths = ['rank.train.query', 'rank.test.query'].map((name) => linesOf(name).map(Number));
  const starts = [0];
  for (const length of lengths.flat()) starts.push(starts.at(-1)! + length);
  const features = 301;
  const rows = all.map((line) => {
    const row = new Float64Array(features);
    for (const pair of line.slice(1)) {
      const [column, value] = pair.split(':');
      row[Number(column)] = Number(value);
    }
    return row;
  });
  const cutRows = cutAll ? all.length : train.length;
  return {
    columns: encode(rows, features, cutRows),
    labels: Float64Array.from(all, ([grade]) => Number(grade)),
    starts: Uint32Array.from(starts),
    trainSlates: lengths[0].length,
  };
}

function linesOf(name: string): string[] {
  const bytes = readFileSync(sharedFile(`data/lightgbm/${name}`));
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text.trim().split('\n');
}

/** @param cutRows bins are cut on so many first rows. */
function encode(
  matrix: readonly ArrayLike<number>[],
  features: number,
  cutRows: number,
): CodeMatrix {
  const rows = matrix.length;
  const codes = new Uint8Array(rows * features);
  for (let feature = 0; feature < features; feature++) {
    const column = Float64Array.from(matrix, (row) => row[feature]);
    const edges = edgesOf(column.slice(0, cutRows));
    for (let row = 0; row < rows; row++)
      codes[feature * rows + row] = 1 + binOf(column[row], edges);
  }
  return { rows, features, codes };
}

/** Between neighbouring values: one bin each where there are few, else bins of equal mass. */
function edgesOf(values: Float64Array): number[] {
  const rising = values.toSorted();
  const distinct: number[] = [];
  const counts: number[] = [];
  for (const value of rising) {
    if (distinct.at(-1) === value) counts[counts.length - 1]++;
    else {
      distinct.push(value);
      counts.push(1);
    }
  }
  const edges: number[] = [];
  let [left, room, held] = [rising.length, BINS, 0];
  for (let i = 0; i + 1 < distinct.length && room > 1; i++) {
    held += counts[i];
    const isFull = distinct.length <= BINS ? held >= LEAST_IN_BIN : held >= left / room;
    if (!isFull) continue;
    edges.push((distinct[i] + distinct[i + 1]) / 2);
    left -= held;
    room--;
    held = 0;
  }
  return edges;
}

/** How many edges lie below the value. */
function binOf(value: number, edges: readonly number[]): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > edges[middle]) low = middle + 1;
    else high = middle;
  }
  return low;
}
