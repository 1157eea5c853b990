import { workerData } from 'node:worker_threads';
import {
  drawTasks,
  GENERATION,
  instantiate,
  sleepUntilChanged,
  STARTED,
  takesPart,
  type Shared,
} from './job.ts';

const shared = workerData as Shared & { thread: number };
const kernels = instantiate(shared);
const words = new Int32Array(shared.memory.buffer);
const joins = shared.joins + shared.thread;
let seen = 0;
Atomics.store(words, joins, STARTED);
for (;;) {
  seen = sleepUntilChanged(words, GENERATION, seen);
  if (!takesPart(Atomics.load(words, joins), seen)) continue;
  try {
    drawTasks(words, kernels, shared.thread);
  } catch {
    // The caller sees that it failed, and throws.
  }
}
