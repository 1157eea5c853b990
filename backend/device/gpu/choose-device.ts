/// <reference types="@webgpu/types" />
import { openGpu, type FoundGpu, type Gpu } from './device.ts';
import { DeviceLost, isLost } from './kernel.ts';

/** What a training run computes on, and why, as a sentence for the log. */
export type DeviceChoice =
  | { readonly kind: 'gpu'; readonly gpu: FoundGpu; readonly because: string }
  | { readonly kind: 'cpu'; readonly because: string };

/** A hardware adapter is used; a software adapter is closed again, as the CPU twins are faster than it. */
export async function chooseDevice(
  open: () => Promise<Gpu> = () => openGpu(),
): Promise<DeviceChoice> {
  const gpu = await open();
  if (!gpu.found) return { kind: 'cpu', because: `learning on the CPU: ${gpu.reason}` };
  if (!gpu.software) return { kind: 'gpu', gpu, because: `learning on the GPU: ${gpu.name}` };
  gpu.close();
  return {
    kind: 'cpu',
    because: `learning on the CPU: software adapter ${gpu.name} is not used for speed`,
  };
}

/** The GPU that was chosen, as long as it works. */
export const gpuOf = (choice: DeviceChoice | undefined): GPUDevice | undefined =>
  choice?.kind === 'gpu' && !isLost(choice.gpu.device) ? choice.gpu.device : undefined;

/** Whether a run can go on on the CPU: the device was lost, or what it was given does not fit. */
export const endsGpuRun = (error: unknown): error is Error =>
  error instanceof DeviceLost || error instanceof RangeError;
