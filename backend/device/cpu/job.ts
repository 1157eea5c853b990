/** The job block in shared memory, as `assembly/control.ts` reads it, in 32-bit words. */
export const CONTROL_BYTES = 64 * 1024;
const CONTROL_WORD = CONTROL_BYTES / 4;
export const GENERATION = CONTROL_WORD;
export const AT_WORK = CONTROL_WORD + 1;
export const NEXT_TASK = CONTROL_WORD + 2;
export const TASKS = CONTROL_WORD + 3;
export const KERNEL = CONTROL_WORD + 4;
/** Not 0 once a kernel has failed on some thread. */
export const FAILED = CONTROL_WORD + 5;
/** In f64. */
export const ARGUMENTS = (CONTROL_BYTES + 32) / 8;
export const MAX_ARGUMENTS = 28;

/** What each thread needs to take part. */
export interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The first of one word per thread: 0, `STARTED`, or what `joinsAt` makes of a generation. */
  readonly joins: number;
}

/** A thread that runs, and that the calling thread has not counted in yet. */
export const STARTED = 1;
/** A thread takes part from the job on at which it was counted in; jobs before it go ahead while it starts. */
export const joinsAt = (generation: number): number => generation + 1;
export const takesPart = (joins: number, generation: number): boolean =>
  joins > STARTED && generation >= joins - 1;

export const KERNELS = [
  'histogramBlock',
  'histogramWide',
  'histogramPairs',
  'subtractNode',
  'splitNode',
  'splitBlock',
  'placeBlock',
  'addLeaf',
  'addTree',
  'logistic',
  'squared',
  'pack',
  'widen',
  'widenPairs',
  'softmax',
  'lambdaRank',
  'additive',
  'combine',
  'transpose',
  'countBuckets',
] as const;
export type Kernel = (typeof KERNELS)[number];
export type Kernels = ((control: number, task: number, thread: number) => void)[];

export function instantiate({ module, memory }: Shared): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return KERNELS.map((name) => exports[name] as Kernels[number]);
}

/**
 * Works on the job until no task is left; the last thread to leave wakes the caller.
 * @throws what a kernel throws. It has left the job then as well, or the caller would wait for it for ever, and nobody draws what is left.
 */
export function drawTasks(words: Int32Array, kernels: Kernels, thread: number): void {
  const kernel = kernels[words[KERNEL]];
  const tasks = words[TASKS];
  try {
    for (;;) {
      const task = Atomics.add(words, NEXT_TASK, 1);
      if (task >= tasks) break;
      kernel(CONTROL_BYTES, task, thread);
    }
  } catch (error) {
    Atomics.store(words, FAILED, 1);
    Atomics.store(words, NEXT_TASK, tasks);
    throw error;
  } finally {
    if (Atomics.sub(words, AT_WORK, 1) === 1) Atomics.notify(words, AT_WORK);
  }
}

/** A thread polls for a few microseconds before it sleeps, because the jobs of a tree follow each other closely. */
const POLLS = 2000;

/** @returns the word's new value. */
export function sleepUntilChanged(words: Int32Array, word: number, from: number): number {
  for (let poll = 0; poll < POLLS; poll++) {
    const value = Atomics.load(words, word);
    if (value !== from) return value;
  }
  while (Atomics.load(words, word) === from) Atomics.wait(words, word, from);
  return Atomics.load(words, word);
}
