/// <reference types="@webgpu/types" />
import { STRIDE } from '../../../shared/score/stride.ts';
import type { Histogram } from '../../science/learn/histogram.ts';
import { UnfitForGpu } from './failures.ts';
import { addTilesWgsl, histogramWgsl, slotsOf } from './histogram.wgsl.ts';
import { spread, type Step, type Workspace } from './kernel.ts';

export interface HistogramPassOptions {
  /** Features per workgroup. Default: what the adapter's workgroup memory holds. */
  readonly span?: 8 | 16;
  /** Most tiles that the rows of one block are cut into. Default: enough to keep a large GPU busy. */
  readonly tiles?: number;
}

/** Enough tiles to keep a large GPU's workgroup slots full several times over; more only write more sums. */
const ENOUGH_TILES = 768;
/** Rows between two carries in the kernel: tiles are whole multiples. */
const TILE_UNIT = 8192;

/** The histogram kernels with the partial sums they share, for blocks of at most `rows` rows. */
export class HistogramPass {
  /** Rows of one tile. */
  readonly tileRows: number;
  readonly #workspace: Workspace;
  readonly #features: number;
  readonly #span: 8 | 16;
  readonly #spans: number;
  readonly #partial: GPUBuffer;
  readonly #threads: number;

  /** @param jobs most histograms that one listed pass makes. */
  constructor(
    workspace: Workspace,
    features: number,
    rows: number,
    jobs: number,
    options: HistogramPassOptions = {},
  ) {
    const { limits } = workspace.device;
    this.#workspace = workspace;
    this.#features = features;
    this.#span = options.span ?? (limits.maxComputeWorkgroupStorageSize >= 32_768 ? 16 : 8);
    this.#spans = Math.ceil(features / 16) * (16 / this.#span);
    this.#threads = Math.min(
      1024,
      limits.maxComputeInvocationsPerWorkgroup,
      limits.maxComputeWorkgroupSizeX,
    );
    const tileBytes = this.#spans * slotsOf(this.#span) * 8;
    const most = Math.min(
      (options.tiles ?? ENOUGH_TILES) + jobs,
      Math.floor(limits.maxStorageBufferBindingSize / tileBytes),
    );
    if (most <= jobs)
      throw new UnfitForGpu(
        `${jobs} histograms of ${features} features at once need ${(jobs + 1) * tileBytes} bytes in one binding, this GPU has ${limits.maxStorageBufferBindingSize}: grow shallower trees`,
      );
    this.tileRows = TILE_UNIT * Math.max(1, Math.ceil(rows / TILE_UNIT / (most - jobs)));
    this.#partial = workspace.storage(this.tilesFor(rows, jobs) * tileBytes);
  }

  /** Most tiles that `rows` rows in `jobs` lists make. */
  tilesFor(rows: number, jobs: number): number {
    return Math.ceil(rows / this.tileRows) + jobs;
  }

  /** Over all rows of a block. @param pairs whole numbers, `vec2<i32>` per row. */
  whole(codes: GPUBuffer, pairs: GPUBuffer, rows: number): Step {
    const tiles = Math.ceil(rows / this.tileRows);
    const shape = this.#workspace.uniform(rows, this.tileRows, tiles, this.#spans);
    return this.#workspace.step(
      this.#wgsl(false),
      [codes, pairs, this.#partial, shape],
      spread(tiles * this.#spans),
    );
  }

  /**
   * Over lists of row numbers of a block.
   * @param tiles `vec4<u32>`: places from and to in the list, and two words that this kernel does not read;
   *   empty tiles write nothing.
   */
  listed(
    codes: GPUBuffer,
    pairs: GPUBuffer,
    rows: number,
    list: GPUBuffer,
    tiles: GPUBuffer,
    count: number,
  ): Step {
    const shape = this.#workspace.uniform(rows, 0, count, this.#spans);
    return this.#workspace.step(
      this.#wgsl(true),
      [codes, pairs, this.#partial, shape, list, tiles],
      spread(count * this.#spans),
    );
  }

  /**
   * Adds up the tiles of each job.
   * @param firstTile u32, jobs + 1: where each job's tiles begin.
   * @param into `[slot][feature][bucket]`, gradient and hessian as (high, low) i32 each.
   * @param place u32 per job: its slot in `into`.
   * @param keep adds to what is there, for the second block of rows and on.
   */
  addTiles(
    firstTile: GPUBuffer,
    into: GPUBuffer,
    place: GPUBuffer,
    jobs: number,
    keep: boolean,
  ): Step {
    const shape = this.#workspace.uniform(jobs, this.#spans, this.#features, keep ? 1 : 0);
    return this.#workspace.step(
      addTilesWgsl(this.#span),
      [this.#partial, firstTile, into, shape, place],
      spread((jobs * this.#spans * slotsOf(this.#span)) / 32),
    );
  }

  #wgsl(listed: boolean): string {
    return histogramWgsl({ span: this.#span, threads: this.#threads, listed });
  }
}

/** Bytes of one histogram on the device. */
export const histogramBytes = (features: number): number => features * STRIDE * 16;

/** Histogram `slot` as float64. */
export function toHistogram(
  words: Int32Array,
  features: number,
  slot: number,
  gradientStep: number,
  hessianStep: number,
): Histogram {
  const size = features * STRIDE;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size);
  for (let at = 0, from = slot * size * 4; at < size; at++, from += 4) {
    gradient[at] = (words[from] * 65_536 + words[from + 1]) * gradientStep;
    hessian[at] = (words[from + 2] * 65_536 + words[from + 3]) * hessianStep;
  }
  return { gradient, hessian };
}
