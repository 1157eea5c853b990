import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  ARGUMENTS,
  AT_WORK,
  CONTROL_BYTES,
  drawTasks,
  GENERATION,
  instantiate,
  joinsAt,
  KERNEL,
  KERNELS,
  MAX_ARGUMENTS,
  NEXT_TASK,
  sleepUntilChanged,
  STARTED,
  TASKS,
  type Kernel,
  type Kernels,
  type Shared,
} from './job.ts';

const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;

/**
 * WebAssembly kernels over one shared memory, one thread per core. The calling thread takes part and blocks until
 * a job is done, so it must be one that may block: a training worker, never the one that answers requests.
 */
export class KernelPool {
  readonly threads: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #workers: Worker[] = [];
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  /** The first of one word per thread: see `Shared`. */
  readonly #joins: number;
  /** Threads that take part, the caller's own among them. */
  #atWork = 1;
  #freeByte = 2 * CONTROL_BYTES;

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
    const module = new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
    this.#words = new Int32Array(this.#memory.buffer);
    this.#numbers = new Float64Array(this.#memory.buffer);
    const shared: Shared = { module, memory: this.#memory, joins: this.allocate(4 * threads) / 4 };
    this.#kernels = instantiate(shared);
    for (let thread = 1; thread < threads; thread++) {
      const worker = new Worker(new URL('./pool-thread.ts', import.meta.url), {
        workerData: { ...shared, thread },
      });
      worker.unref();
      this.#workers.push(worker);
    }
    this.#joins = shared.joins;
  }

  /** @returns the byte address of an array of its own, zeroed, at a multiple of 64, readable 64 bytes past its end. */
  allocate(sizeBytes: number): number {
    const address = this.#freeByte;
    this.#freeByte = Math.ceil((address + sizeBytes + 64) / 64) * 64;
    if (this.#freeByte > this.#memory.buffer.byteLength)
      throw new Error(
        `the kernels' memory of ${this.#memory.buffer.byteLength} bytes has no ${sizeBytes} bytes left`,
      );
    return address;
  }

  /** Runs `kernel(task)` for every task on all threads. @param values as the kernel's docstring lists them. */
  run(kernel: Kernel, tasks: number, values: readonly number[]): void {
    if (tasks === 0) return;
    if (values.length > MAX_ARGUMENTS) throw new Error(`${kernel} got ${values.length} arguments`);
    const words = this.#words;
    this.#numbers.set(values, ARGUMENTS);
    words[KERNEL] = KERNELS.indexOf(kernel);
    words[TASKS] = tasks;
    if (tasks === 1 || this.threads === 1) {
      for (let task = 0; task < tasks; task++) this.#kernels[words[KERNEL]](CONTROL_BYTES, task, 0);
      return;
    }
    if (this.#atWork < this.threads) this.#countStarted();
    words[NEXT_TASK] = 0;
    Atomics.store(words, AT_WORK, this.#atWork);
    Atomics.add(words, GENERATION, 1);
    Atomics.notify(words, GENERATION);
    drawTasks(words, this.#kernels, 0);
    for (let left = Atomics.load(words, AT_WORK); left !== 0;)
      left = sleepUntilChanged(words, AT_WORK, left);
  }

  /** Counts in the threads that have started since the last job: they take part from the next one on. */
  #countStarted(): void {
    const words = this.#words;
    const generation = Atomics.load(words, GENERATION) + 1;
    for (let thread = 1; thread < this.threads; thread++)
      if (Atomics.load(words, this.#joins + thread) === STARTED) {
        Atomics.store(words, this.#joins + thread, joinsAt(generation));
        this.#atWork++;
      }
  }

  u8 = (address: number, length: number) => new Uint8Array(this.#memory.buffer, address, length);
  i8 = (address: number, length: number) => new Int8Array(this.#memory.buffer, address, length);
  u32 = (address: number, length: number) => new Uint32Array(this.#memory.buffer, address, length);
  f32 = (address: number, length: number) => new Float32Array(this.#memory.buffer, address, length);
  f64 = (address: number, length: number) => new Float64Array(this.#memory.buffer, address, length);
  i64 = (address: number, length: number) =>
    new BigInt64Array(this.#memory.buffer, address, length);

  /** Ends the threads. The memory lives as long as its views. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
