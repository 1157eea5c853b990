import type { Device } from '../science/learn/device/device.ts';
import { cpuDevice } from './cpu/cpu-device.ts';
import { DeviceLost, UnfitForGpu } from './gpu/failures.ts';
import { gpuKernels } from './gpu/gpu-kernels.ts';
import { isLost } from './gpu/kernel.ts';
import { openGpu, type FoundGpu, type Gpu } from './gpu/open-gpu.ts';

/** A device that is held until closed. */
export interface ChosenDevice extends Device {
  readonly kind: 'cpu' | 'gpu';
  close(): void;
}

/**
 * Chooses what learners compute on. A hardware GPU is used; a software one is closed again, as the CPU is faster.
 * @param log is called with which device it is, and when work continues on another.
 */
export async function chooseDevice(
  log: (line: string) => void = () => {},
  open: () => Promise<Gpu> = () => openGpu(),
): Promise<ChosenDevice> {
  const device = chosenFrom(await open(), log);
  log(device.because);
  return device;
}

function chosenFrom(gpu: Gpu, log: (line: string) => void): ChosenDevice {
  if (!gpu.found) return onCpu(gpu.reason);
  if (!gpu.software) return gpuDevice(gpu, log);
  gpu.close();
  return onCpu(`software adapter ${gpu.name} is not used for speed`);
}

const onCpu = (reason: string): ChosenDevice => ({
  ...cpuDevice({ because: `learning on the CPU: ${reason}` }),
  kind: 'cpu',
  close: () => {},
});

/** The GPU; where it is lost, or unfit for some work, that work is done on the CPU, and the reason is logged. */
export function gpuDevice(gpu: FoundGpu, log: (line: string) => void): ChosenDevice {
  const kernels = gpuKernels(gpu.device);
  const cpu = cpuDevice();
  return {
    kind: 'gpu',
    because: `learning on the GPU: ${gpu.name}`,
    async run(work, standing) {
      if (!isLost(gpu.device)) {
        try {
          return await work(kernels);
        } catch (error) {
          if (!(error instanceof DeviceLost || error instanceof UnfitForGpu)) throw error;
          log(`${error.message}: ${standing()} on the CPU`);
        }
      }
      return cpu.run(work, standing);
    },
    close: () => gpu.close(),
  };
}
