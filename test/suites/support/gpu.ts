/// <reference types="@webgpu/types" />
import { expect } from 'vitest';
import { openGpu, type FoundGpu } from '../../../backend/device/gpu/open-gpu.ts';
import { poisonBuffers } from '../../../backend/device/gpu/kernel.ts';
import { seededRandom } from '../../../shared/explore/random.ts';

/** The machine's adapter, with poisoned buffers: what a kernel does not write must not pass for an answer. */
const gpu = await openGpu();
if (gpu.found) poisonBuffers(gpu.device);
// Files of a project share a process and this module, so the GPU is open until the process ends.
process.once('exit', () => gpu.found && gpu.close());

export const gpuName = gpu.found ? gpu.name : `no GPU: ${gpu.reason}`;
export const noGpu = !gpu.found;
/** For the names of tests that do not say which GPU they run on, and so would not say that there is none. */
export const whyNoGpu = noGpu ? ` (skipped: ${gpuName})` : '';
export const theFoundGpu = (): FoundGpu => (gpu.found ? gpu : expect.fail('no GPU'));
export const theGpu = (): GPUDevice => theFoundGpu().device;

/** A fresh seed; print it in every message. */
export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31);

/** Slates of random lengths that fill `rows` rows exactly. */
export function randomStarts(rows: number, longest: number, random: () => number): Uint32Array {
  const starts = [0];
  while (starts.at(-1)! < rows)
    starts.push(Math.min(rows, starts.at(-1)! + 1 + Math.floor(longest * random())));
  return Uint32Array.from(starts);
}

export { seededRandom };
export { expectWithin, randomColumns as randomCodes } from '../../backend/device/cpu/support.ts';
