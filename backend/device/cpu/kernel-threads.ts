import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../../shared/text/message-of.ts';
import {
  ARGUMENTS,
  AT_WORK,
  CONTROL_BYTES,
  drawTasks,
  FAILED,
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

export const PAGE_BYTES = 65_536;
export const MAX_PAGES = 65_536;

/** WebAssembly kernels over one shared memory, one thread per core, the calling thread among them. */
export class KernelThreads {
  readonly count: number;
  readonly memory: WebAssembly.Memory;
  /** From here on memory is free for arrays. */
  readonly firstFreeByte: number;
  /** Bytes that may hold what was written by somebody before. */
  usedBytes = 0;
  /** Whether a kernel has failed: they are not to be used again, as nobody knows what it left behind. */
  isBroken = false;
  readonly #kernels: Kernels;
  readonly #workers: Worker[] = [];
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  /** The first of one word per thread: see `Shared`. */
  readonly #joins: number;
  /** Threads that take part, the caller's own among them. */
  #atWork = 1;

  constructor(pages: number, count: number) {
    this.count = count;
    const module = new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
    this.#words = new Int32Array(this.memory.buffer);
    this.#numbers = new Float64Array(this.memory.buffer);
    this.#joins = (2 * CONTROL_BYTES) / 4;
    this.firstFreeByte = Math.ceil((2 * CONTROL_BYTES + 4 * count + 64) / 64) * 64;
    const shared: Shared = { module, memory: this.memory, joins: this.#joins };
    this.#kernels = instantiate(shared);
    for (let thread = 1; thread < count; thread++) {
      const worker = new Worker(new URL('./pool-thread.ts', import.meta.url), {
        workerData: { ...shared, thread },
      });
      worker.unref();
      this.#workers.push(worker);
    }
  }

  /** Makes room. Views of the memory from before stay what they are. */
  growTo(pages: number): void {
    const more = pages - this.memory.buffer.byteLength / PAGE_BYTES;
    if (more > 0) this.memory.grow(more);
  }

  /**
   * Runs `kernel(task)` for every task on all threads. @param values as the kernel's docstring lists them.
   * @throws when a kernel fails on any thread, once none of them works any more.
   */
  run(kernel: Kernel, tasks: number, values: readonly number[]): void {
    if (tasks === 0) return;
    if (values.length > MAX_ARGUMENTS) throw new Error(`${kernel} got ${values.length} arguments`);
    const words = this.#words;
    this.#numbers.set(values, ARGUMENTS);
    words[KERNEL] = KERNELS.indexOf(kernel);
    words[TASKS] = tasks;
    try {
      if (tasks === 1 || this.count === 1)
        for (let task = 0; task < tasks; task++)
          this.#kernels[words[KERNEL]](CONTROL_BYTES, task, 0);
      else this.#runOnAll();
    } catch (error) {
      this.isBroken = true;
      throw new Error(`kernel ${kernel} failed: ${messageOf(error)}`, { cause: error });
    }
  }

  #runOnAll(): void {
    const words = this.#words;
    if (this.#atWork < this.count) this.#countStarted();
    words[NEXT_TASK] = 0;
    Atomics.store(words, AT_WORK, this.#atWork);
    Atomics.add(words, GENERATION, 1);
    Atomics.notify(words, GENERATION);
    try {
      drawTasks(words, this.#kernels, 0);
    } finally {
      for (let left = Atomics.load(words, AT_WORK); left !== 0;)
        left = sleepUntilChanged(words, AT_WORK, left);
    }
    if (Atomics.load(words, FAILED) !== 0) throw new Error('on another thread');
  }

  /** Counts in the threads that have started since the last job: they take part from the next one on. */
  #countStarted(): void {
    const words = this.#words;
    const generation = Atomics.load(words, GENERATION) + 1;
    for (let thread = 1; thread < this.count; thread++)
      if (Atomics.load(words, this.#joins + thread) === STARTED) {
        Atomics.store(words, this.#joins + thread, joinsAt(generation));
        this.#atWork++;
      }
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
