import { workerData } from 'node:worker_threads';
import { drawTasks, GENERATION, instantiate, sleepUntilChanged, type Shared } from './job.ts';

const shared = workerData as Shared & { thread: number };
const kernels = instantiate(shared);
const words = new Int32Array(shared.memory.buffer);
let seen = 0;
Atomics.store(words, shared.ready + shared.thread, 1);
Atomics.notify(words, shared.ready + shared.thread);
for (;;) {
  seen = sleepUntilChanged(words, GENERATION, seen);
  drawTasks(words, kernels, shared.thread);
}
