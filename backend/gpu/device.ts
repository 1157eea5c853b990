/// <reference types="@webgpu/types" />

/** A GPU that training may use, or why there is none. */
export type Gpu =
  | {
      readonly found: true;
      readonly device: GPUDevice;
      /** For the log: vendor and model. */
      readonly name: string;
      /** A software adapter: right for tests, never chosen for speed. */
      readonly software: boolean;
      close(): void;
    }
  | { readonly found: false; readonly reason: string };

// Dawn crashes the process when its instance is collected while a device lives: this keeps it reachable.
let instance: GPU | undefined;

/** Opens the best adapter through WebGPU. Never throws: a machine without a GPU is a normal machine. */
export async function openGpu(): Promise<Gpu> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    instance ??= create([]);
    const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null)
      return { found: false, reason: 'no Vulkan, Metal or D3D12 driver was found' };
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    const device = await adapter.requestDevice({
      requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
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
