/// <reference types="@webgpu/types" />
import type { Kernels } from '../../science/learn/device/device.ts';
import { gpuAdditive } from './additive.ts';
import { GpuBooster } from './booster.ts';
import { UnfitForGpu } from './failures.ts';
import { gpuMlpEngine } from './mlp.ts';

/** The kernels in WGSL. They throw UnfitForGpu, and their promises also DeviceLost. */
export const gpuKernels = (device: GPUDevice): Kernels => ({
  additive: (job) => gpuAdditive(device, job),
  boosting: (job) => new GpuBooster(device, job),
  forest: () => {
    throw new UnfitForGpu(
      "each node of a forest draws its own features, which the GPU's trees do not",
    );
  },
  mlp: gpuMlpEngine(device),
});
