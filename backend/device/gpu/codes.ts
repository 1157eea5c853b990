/// <reference types="@webgpu/types" />
import type { CodeMatrix } from '../../science/learn/code-matrix.ts';
import { UnfitForGpu } from './failures.ts';
import { spread, Workspace, type Step } from './kernel.ts';
import { PACK_CODES_WGSL } from './pack-codes.wgsl.ts';

/** Features in one `vec4<u32>` of codes. */
export const GROUP_FEATURES = 16;
export const groupsOf = (features: number): number => Math.ceil(features / GROUP_FEATURES);

export interface CodesOptions {
  /** Most bytes of codes that stay on the device; rows past it are sent again for each pass. Default: all. */
  readonly budgetBytes?: number;
  /** Most rows of one block. Default: what one binding holds. */
  readonly maxBlockRows?: number;
  /** Slates, as in `TrainingSet.starts`: no block then ends inside one. */
  readonly starts?: Uint32Array;
}

/** Codes that are made on the device: `fill` writes one block's, `vec4<u32>[group][row]`. */
export interface MadeOnDevice {
  readonly rows: number;
  readonly features: number;
  readonly fill: (into: GPUBuffer, block: RowBlock) => void;
}

export type CodeSource = CodeMatrix | MadeOnDevice;

/** Rows `first .. first + rows − 1` of the matrix. */
export interface RowBlock {
  readonly first: number;
  readonly rows: number;
}

/**
 * A code matrix on the device, in blocks of rows that one binding can hold: `vec4<u32>[group][row]` each.
 * Blocks over the budget share one buffer and are uploaded whenever they are asked for; WebGPU orders the uploads
 * with the work submitted before and after them, so a caller finishes with a block by submitting its steps.
 */
export class DeviceCodes {
  readonly rows: number;
  readonly features: number;
  readonly blocks: readonly RowBlock[];
  readonly #source: CodeSource;
  readonly #workspace: Workspace;
  readonly #resident: (GPUBuffer | undefined)[] = [];
  readonly #residentBlocks: number;
  #staging: { columns: GPUBuffer; rows: number } | undefined;
  #shared: GPUBuffer | undefined;

  constructor(device: GPUDevice, source: CodeSource, options: CodesOptions = {}) {
    this.#workspace = new Workspace(device);
    this.#source = source;
    this.rows = source.rows;
    this.features = source.features;
    const rowBytes = 16 * groupsOf(source.features);
    const { maxStorageBufferBindingSize } = device.limits;
    const budgetRows = Math.floor((options.budgetBytes ?? Number.POSITIVE_INFINITY) / rowBytes);
    const whole = source.rows <= budgetRows;
    const most = Math.min(
      options.maxBlockRows ?? Number.POSITIVE_INFINITY,
      Math.floor(maxStorageBufferBindingSize / rowBytes),
      // What does not fit passes through a quarter of the budget; the rest stays.
      whole ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(budgetRows / 4)),
    );
    this.blocks = cutRows(source.rows, most, options.starts);
    this.#residentBlocks = whole
      ? this.blocks.length
      : this.blocks.findIndex(({ first, rows }) => first + rows + most > budgetRows);
  }

  /** True where some blocks are sent again for each pass. */
  get streams(): boolean {
    return this.#residentBlocks < this.blocks.length;
  }

  /** The codes of one block; valid until another block is asked for. */
  block(index: number): GPUBuffer {
    const known = this.#resident[index];
    if (known !== undefined) return known;
    const { rows } = this.blocks[index];
    const bytes = 16 * groupsOf(this.features) * rows;
    if (index < this.#residentBlocks) {
      const buffer = this.#workspace.storage(bytes);
      this.#resident[index] = buffer;
      this.#upload(index, buffer);
      if (this.#resident.filter(Boolean).length === this.blocks.length) this.#freeStaging();
      return buffer;
    }
    // A shared buffer as large as the largest block; kernels take the row count from their own shapes.
    const largest = Math.max(...this.blocks.map((block) => block.rows));
    this.#shared ??= this.#workspace.storage(16 * groupsOf(this.features) * largest);
    this.#upload(index, this.#shared);
    return this.#shared;
  }

  destroy(): void {
    this.#workspace.destroy();
  }

  #upload(index: number, into: GPUBuffer): void {
    const { first, rows } = this.blocks[index];
    if ('fill' in this.#source) {
      this.#source.fill(into, this.blocks[index]);
      return;
    }
    const { codes, rows: allRows } = this.#source;
    const words = Math.ceil(rows / 4);
    if (this.#staging === undefined || this.#staging.rows < rows) {
      this.#freeStaging();
      this.#staging = { columns: this.#workspace.storage(GROUP_FEATURES * words * 4), rows };
    }
    const { columns } = this.#staging;
    for (let group = 0; group < groupsOf(this.features); group++) {
      const features = Math.min(GROUP_FEATURES, this.features - group * GROUP_FEATURES);
      for (let feature = 0; feature < features; feature++) {
        const from = (group * GROUP_FEATURES + feature) * allRows + first;
        const column = codes.subarray(from, from + rows) as Uint8Array<ArrayBuffer>;
        this.#workspace.write(columns, column, feature * words * 4);
      }
      const shape = this.#workspace.uniform(rows, words, group, features);
      const groups = spread(Math.ceil(words / 256));
      const pack: Step = this.#workspace.step(PACK_CODES_WGSL, [columns, into, shape], groups);
      this.#workspace.submit([pack]);
    }
  }

  #freeStaging(): void {
    if (this.#staging !== undefined) this.#workspace.free(this.#staging.columns);
    this.#staging = undefined;
  }
}

/** Blocks of at most `most` rows that end where slates end. */
export function cutRows(rows: number, most: number, starts?: Uint32Array): RowBlock[] {
  const blocks: RowBlock[] = [];
  let slate = 0;
  for (let first = 0; first < rows;) {
    let end = Math.min(rows, first + most);
    if (starts !== undefined && end < rows) {
      while (slate + 1 < starts.length && starts[slate + 1] <= end) slate++;
      end = starts[slate];
      if (end <= first)
        throw new UnfitForGpu(
          `the slate of ${starts[slate + 1] - first} rows at row ${first} does not fit a block of ${most}: allow larger blocks`,
        );
    }
    blocks.push({ first, rows: end - first });
    first = end;
  }
  return blocks;
}
