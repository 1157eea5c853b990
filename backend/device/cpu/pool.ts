import { availableParallelism } from 'node:os';
import type { Kernel } from './job.ts';
import { MAX_PAGES, PAGE_BYTES, type KernelThreads } from './kernel-threads.ts';
import { giveBackThreads, takeThreads } from './kept-threads.ts';

/**
 * WebAssembly kernels over one shared memory, one thread per core. The calling thread takes part and blocks until
 * a job is done, so it must be one that may block: a training worker, never the one that answers requests.
 */
export class KernelPool {
  readonly threads: number;
  readonly #threads: KernelThreads;
  #freeByte: number;
  #isClosed = false;

  /**
   * @param sizeBytes of all arrays that will be allocated, with 64 bytes of slack for each.
   * @throws Error when more than 4 GiB are asked for.
   */
  constructor(sizeBytes: number, threads: number = availableParallelism()) {
    const pages = Math.ceil(sizeBytes / PAGE_BYTES) + 3;
    if (pages > MAX_PAGES)
      throw new Error(
        `training needs ${(sizeBytes / 2 ** 30).toFixed(1)} GiB, and one memory holds 4: train on fewer rows`,
      );
    this.threads = threads;
    this.#threads = takeThreads(pages, threads);
    this.#freeByte = this.#threads.firstFreeByte;
  }

  /**
   * @param filling `overwritten`: the caller writes all of it before it is read, and what is in it until then may be anything.
   * @returns the byte address of an array of its own, at a multiple of 64, readable 64 bytes past its end.
   */
  allocate(sizeBytes: number, filling: 'zeroed' | 'overwritten' = 'zeroed'): number {
    const address = this.#freeByte;
    const end = Math.ceil((address + sizeBytes + 64) / 64) * 64;
    const { memory, usedBytes } = this.#threads;
    if (end > memory.buffer.byteLength)
      throw new Error(
        `the kernels' memory of ${memory.buffer.byteLength} bytes has no ${sizeBytes} bytes left`,
      );
    this.#freeByte = end;
    if (filling === 'zeroed' && address < usedBytes)
      this.u8(address, Math.min(end, usedBytes) - address).fill(0);
    return address;
  }

  /** Runs `kernel(task)` for every task on all threads. @param values as the kernel's docstring lists them. */
  run(kernel: Kernel, tasks: number, values: readonly number[]): void {
    this.#threads.run(kernel, tasks, values);
  }

  u8 = (address: number, length: number) =>
    new Uint8Array(this.#threads.memory.buffer, address, length);
  i8 = (address: number, length: number) =>
    new Int8Array(this.#threads.memory.buffer, address, length);
  u32 = (address: number, length: number) =>
    new Uint32Array(this.#threads.memory.buffer, address, length);
  f32 = (address: number, length: number) =>
    new Float32Array(this.#threads.memory.buffer, address, length);
  f64 = (address: number, length: number) =>
    new Float64Array(this.#threads.memory.buffer, address, length);
  i64 = (address: number, length: number) =>
    new BigInt64Array(this.#threads.memory.buffer, address, length);

  /** Gives threads and memory back: from then on views of it are of another pool's arrays. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await giveBackThreads(this.#threads, this.#freeByte);
  }
}
