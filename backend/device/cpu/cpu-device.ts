import type { Device, Kernels } from '../../science/learn/device/device.ts';
import { cpuAdditive } from './additive.ts';
import { cpuBooster } from './booster.ts';
import { cpuForest } from './forest-grower.ts';
import { cpuMlpEngine } from './mlp-engine.ts';

/** @param threads absent: as many as pay for the rows of each job. */
export const cpuKernels = (threads?: number): Kernels => ({
  additive: (job) => cpuAdditive(job, threads),
  boosting: (job) => cpuBooster(job, threads),
  forest: (job) => cpuForest(job, threads),
  mlp: cpuMlpEngine,
});

/** The CPU, which does all work. Its kernels block the calling thread. */
export function cpuDevice({
  because = 'learning on the CPU',
  threads,
}: { readonly because?: string; readonly threads?: number } = {}): Device {
  const kernels = cpuKernels(threads);
  return { because, run: (work) => work(kernels) };
}
