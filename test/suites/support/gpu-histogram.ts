/// <reference types="@webgpu/types" />
import type { CodeMatrix } from '../../../backend/science/learn/code-matrix.ts';
import type { Histogram } from '../../../backend/science/learn/histogram.ts';
import {
  DeviceCodes,
  type CodesOptions,
  type RowBlock,
} from '../../../backend/device/gpu/codes.ts';
import {
  histogramBytes,
  HistogramPass,
  toHistogram,
  type HistogramPassOptions,
} from '../../../backend/device/gpu/histogram-pass.ts';
import { MAX_FIXED } from '../../../backend/device/gpu/histogram.wgsl.ts';
import { Workspace, type Step } from '../../../backend/device/gpu/kernel.ts';

/** The codes of one matrix, kept on the device between calls as far as the budget allows. */
export interface GpuHistogram {
  /** True where the codes do not fit the budget, and pass through the device anew in each call. */
  readonly streams: boolean;
  /** @param gradient one per row; so is `hessian`. */
  run(gradient: Float64Array, hessian: Float64Array): Promise<Histogram>;
  /** One histogram per list of row numbers; a row is in one list at most, as in a tree's level. */
  runLists(
    gradient: Float64Array,
    hessian: Float64Array,
    lists: readonly Uint32Array<ArrayBuffer>[],
  ): Promise<Histogram[]>;
  destroy(): void;
}

/**
 * The WebGPU twin of `histogram` in `science/learn`. Rows are rounded to whole multiples of `max |value| / MAX_FIXED`, so
 * each bucket's sum is off by at most `n / 2` such steps for n rows in it; the whole numbers add up exactly.
 */
export function gpuHistogram(
  device: GPUDevice,
  matrix: CodeMatrix,
  options: CodesOptions & HistogramPassOptions & { readonly lists?: number } = {},
): GpuHistogram {
  const { features } = matrix;
  const codes = new DeviceCodes(device, matrix, options);
  const workspace = new Workspace(device);
  const largest = Math.max(1, ...codes.blocks.map(({ rows }) => rows));
  const jobs = Math.max(1, options.lists ?? 1);
  const pass = new HistogramPass(workspace, features, largest, jobs, options);
  const pairs = workspace.storage(8 * largest);
  const sums = workspace.storage(jobs * histogramBytes(features));
  const places = workspace.upload(Uint32Array.from({ length: jobs }, (_, job) => job));

  /** The whole numbers of each block, in turn, with the steps that are made for it. */
  const overBlocks = async (
    gradient: Float64Array,
    hessian: Float64Array,
    count: number,
    stepsFor: (block: RowBlock, codes: GPUBuffer, first: boolean) => Step[],
  ): Promise<Histogram[]> => {
    const [gradientStep, hessianStep] = [stepOf(gradient), stepOf(hessian)];
    workspace.clear(sums);
    codes.blocks.forEach((block, index) => {
      const { first, rows } = block;
      const fixed = new Int32Array(2 * rows);
      for (let row = 0; row < rows; row++) {
        fixed[2 * row] = Math.round(gradient[first + row] / gradientStep);
        fixed[2 * row + 1] = Math.round(hessian[first + row] / hessianStep);
      }
      workspace.write(pairs, fixed);
      const steps = stepsFor(block, codes.block(index), index === 0);
      if (steps.length > 0) workspace.submit(steps);
    });
    const words = new Int32Array(await workspace.read(sums, count * histogramBytes(features)));
    return Array.from({ length: count }, (_, job) =>
      toHistogram(words, features, job, gradientStep, hessianStep),
    );
  };

  return {
    streams: codes.streams,
    async run(gradient, hessian) {
      const spent: GPUBuffer[] = [];
      const [whole] = await overBlocks(gradient, hessian, 1, ({ rows }, buffer, first) => {
        const firstTile = workspace.upload(Uint32Array.of(0, Math.ceil(rows / pass.tileRows)));
        spent.push(firstTile);
        return [pass.whole(buffer, pairs, rows), pass.addTiles(firstTile, sums, places, 1, !first)];
      });
      for (const buffer of spent) workspace.free(buffer);
      return whole;
    },
    async runLists(gradient, hessian, lists) {
      if (lists.length > jobs)
        throw new RangeError(`${lists.length} lists, but room was asked for ${jobs}`);
      const listed = lists.reduce((sum, { length }) => sum + length, 0);
      if (listed > matrix.rows)
        throw new RangeError(`the lists have ${listed} of ${matrix.rows} rows: give each row once`);
      const spent: GPUBuffer[] = [];
      const found = await overBlocks(gradient, hessian, lists.length, (block, buffer, first) => {
        const { list, tiles, firstTile } = tilesOf(lists, block, pass.tileRows);
        const uploaded = [list, tiles, firstTile].map((data) => workspace.upload(data));
        spent.push(...uploaded);
        const count = tiles.length / 4;
        const add = pass.addTiles(uploaded[2], sums, places, lists.length, !first);
        if (count === 0) return first ? [add] : [];
        return [pass.listed(buffer, pairs, block.rows, uploaded[0], uploaded[1], count), add];
      });
      for (const buffer of spent) workspace.free(buffer);
      return found;
    },
    destroy() {
      codes.destroy();
      workspace.destroy();
    },
  };
}

/** The lists' rows that lie in one block, as numbers within it, and the tiles that cover them. */
function tilesOf(
  lists: readonly Uint32Array[],
  { first, rows }: RowBlock,
  tileRows: number,
): {
  list: Uint32Array<ArrayBuffer>;
  tiles: Uint32Array<ArrayBuffer>;
  firstTile: Uint32Array<ArrayBuffer>;
} {
  const own: number[] = [];
  const tiles: number[] = [];
  const firstTile = [0];
  lists.forEach((list, job) => {
    const from = own.length;
    for (const row of list) if (row >= first && row < first + rows) own.push(row - first);
    for (let at = from; at < own.length; at += tileRows)
      tiles.push(at, Math.min(at + tileRows, own.length), job, 0);
    firstTile.push(tiles.length / 4);
  });
  return {
    list: Uint32Array.from(own),
    tiles: Uint32Array.from(tiles),
    firstTile: Uint32Array.from(firstTile),
  };
}

/** The value of one fixed-point unit; 1 where all values are 0. */
function stepOf(values: Float64Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest === 0 ? 1 : largest / MAX_FIXED;
}
