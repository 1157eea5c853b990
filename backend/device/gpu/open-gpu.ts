/// <reference types="@webgpu/types" />

/** A GPU that training may use, or why there is none. */
export type Gpu = FoundGpu | { readonly found: false; readonly reason: string };

export interface FoundGpu {
  readonly found: true;
  readonly device: GPUDevice;
  /** For the log: vendor and model. */
  readonly name: string;
  /** A software adapter: right for tests, never chosen for speed. */
  readonly software: boolean;
  close(): void;
}

/** Limits of which the kernels want all that the adapter has. */
const WANTED = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

// Dawn crashes the process when its instance is collected while a device lives: this keeps it reachable.
let instance: GPU | undefined;

/**
 * Opens the best adapter through WebGPU. Never throws: a machine without a GPU is a normal machine.
 * @param flags Dawn's, of the first call: `enable-dawn-features=…`.
 */
export async function openGpu(flags: readonly string[] = []): Promise<Gpu> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    instance ??= create([...flags]);
    const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null)
      return { found: false, reason: 'no Vulkan, Metal or D3D12 driver was found' };
    const device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(WANTED.map((name) => [name, adapter.limits[name]])),
      requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    });
    const { vendor, description, device: model, isFallbackAdapter } = adapter.info;
    return {
      found: true,
      device,
      name: [vendor, description || model].filter(Boolean).join(' '),
      software: isFallbackAdapter,
      close: () => device.destroy(),
    };
  } catch (error) {
    return {
      found: false,
      reason: `WebGPU could not start: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
