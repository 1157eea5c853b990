/// <reference types="@webgpu/types" />
import { DeviceLost, UnfitForGpu } from './failures.ts';

/**
 * A small common runner for the hand-written kernels. A kernel's bindings are numbered in the order in which its
 * buffers are given; the last may be a uniform. Errors that WebGPU reports out of band, and a lost device, are
 * thrown by the next `read`: no answer is handed out that an error preceded.
 */

/** One kernel bound to its buffers, ready to be dispatched any number of times. */
export interface Step {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  /** Workgroups in x and y. */
  readonly groups: readonly [number, number];
}

interface DeviceState {
  readonly pipelines: Map<string, GPUComputePipeline>;
  error: string | undefined;
  lost: string | undefined;
  poisoned: boolean;
}

const states = new WeakMap<GPUDevice, DeviceState>();

function stateOf(device: GPUDevice): DeviceState {
  const known = states.get(device);
  if (known !== undefined) return known;
  const state: DeviceState = {
    pipelines: new Map(),
    error: undefined,
    lost: undefined,
    poisoned: false,
  };
  states.set(device, state);
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    const { error } = event;
    if (error instanceof GPUOutOfMemoryError) state.lost ??= `out of memory: ${error.message}`;
    else state.error ??= error.message;
  });
  void device.lost.then(({ reason, message }) => (state.lost = `${reason}: ${message}`));
  return state;
}

/** Whether work on this device has failed for good. */
export const isLost = (device: GPUDevice): boolean => stateOf(device).lost !== undefined;

/** For tests: every buffer made from now on starts as NaN, so that what no kernel wrote cannot pass for an answer. */
export function poisonBuffers(device: GPUDevice): void {
  stateOf(device).poisoned = true;
}

/** NaN as f32, far outside every table as u32, negative as i32. */
const POISON = 0xffc0dead;

/** Compiled once per device. */
export function pipelineOf(device: GPUDevice, code: string): GPUComputePipeline {
  const { pipelines } = stateOf(device);
  const known = pipelines.get(code);
  if (known !== undefined) return known;
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  pipelines.set(code, pipeline);
  return pipeline;
}

/** WebGPU's least maximum: more workgroups than this go into y. */
const MOST_GROUPS = 65_535;

/** `total` workgroups as x and y; kernels number theirs with `GROUP_INDEX` and leave when it is past their work. */
export function spread(total: number): [number, number] {
  const y = Math.max(1, Math.ceil(total / MOST_GROUPS));
  return [Math.max(1, Math.ceil(total / y)), y];
}

/** WGSL for the number of a workgroup that was dispatched by `spread`. */
export const GROUP_INDEX = /* wgsl */ `
fn groupIndex(group: vec3<u32>, groups: vec3<u32>) -> u32 { return group.y * groups.x + group.x; }`;

/** The buffers of one job: made here, destroyed together. */
export class Workspace {
  readonly device: GPUDevice;
  readonly #buffers = new Set<GPUBuffer>();
  readonly #uniforms = new Map<string, GPUBuffer>();

  constructor(device: GPUDevice) {
    this.device = device;
    stateOf(device);
  }

  /** Zeros (WebGPU's promise), or poison in tests. */
  storage(bytes: number, usage = 0): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4);
    const { STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage;
    const buffer = this.#make(size, STORAGE | COPY_DST | COPY_SRC | usage);
    if (stateOf(this.device).poisoned)
      this.device.queue.writeBuffer(buffer, 0, new Uint32Array(size / 4).fill(POISON));
    return buffer;
  }

  /** A storage buffer that holds `data`. */
  upload(data: ArrayBufferView<ArrayBuffer>): GPUBuffer {
    const buffer = this.storage(data.byteLength);
    this.write(buffer, data);
    return buffer;
  }

  /** A uniform of 32-bit words that stay as they are; floats go in through `floatBits`. Equal words share one. */
  uniform(...words: number[]): GPUBuffer {
    const key = words.join();
    const known = this.#uniforms.get(key);
    if (known !== undefined) return known;
    const buffer = this.changingUniform(words.length);
    this.write(buffer, Uint32Array.from(words));
    this.#uniforms.set(key, buffer);
    return buffer;
  }

  /** A uniform whose words are written before each use. */
  changingUniform(words: number): GPUBuffer {
    const { UNIFORM, COPY_DST } = GPUBufferUsage;
    return this.#make(Math.ceil(words / 4) * 16, UNIFORM | COPY_DST);
  }

  /** Ordered with the work that was submitted before and after. Bytes past the last whole word are kept. */
  write(buffer: GPUBuffer, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    const { buffer: source, byteOffset, byteLength } = data;
    const whole = byteLength - (byteLength % 4);
    const { queue } = this.device;
    if (whole > 0) queue.writeBuffer(buffer, offset, source, byteOffset, whole);
    if (whole === byteLength) return;
    const rest = new Uint8Array(4);
    rest.set(new Uint8Array(source, byteOffset + whole, byteLength - whole));
    queue.writeBuffer(buffer, offset + whole, rest);
  }

  step(code: string, buffers: readonly GPUBuffer[], groups: readonly [number, number]): Step {
    const pipeline = pipelineOf(this.device, code);
    const bindings = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { pipeline, bindings, groups };
  }

  /** Runs the steps in order; each sees what those before it wrote. @param timestampWrites of the whole pass. */
  submit(steps: readonly Step[], timestampWrites?: GPUComputePassTimestampWrites): void {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass({ timestampWrites });
    for (const { pipeline, bindings, groups } of steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindings);
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  clear(buffer: GPUBuffer): void {
    const encoder = this.device.createCommandEncoder();
    encoder.clearBuffer(buffer);
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * A copy of the buffer's first `bytes`, after all that was submitted before.
   * @throws DeviceLost; Error when WebGPU refused something since the last read.
   */
  async read(buffer: GPUBuffer, bytes = buffer.size): Promise<ArrayBuffer> {
    const size = Math.ceil(bytes / 4) * 4;
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const landing = this.#make(size, MAP_READ | COPY_DST);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, landing, 0, size);
    this.device.queue.submit([encoder.finish()]);
    const refused = await landing.mapAsync(GPUMapMode.READ).catch((error: unknown) => error);
    await settle(this.device);
    if (refused !== undefined)
      throw new DeviceLost('the GPU stopped answering', { cause: refused });
    const copy = landing.getMappedRange().slice(0, bytes);
    this.free(landing);
    return copy;
  }

  /** Resolves when all that was submitted is done. @throws as `read` does. */
  async finish(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone().catch(() => {});
    await settle(this.device);
  }

  free(buffer: GPUBuffer): void {
    this.#buffers.delete(buffer);
    buffer.destroy();
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
    this.#uniforms.clear();
  }

  #make(size: number, usage: number): GPUBuffer {
    const { maxBufferSize } = this.device.limits;
    if (size > maxBufferSize)
      throw new UnfitForGpu(
        `a buffer of ${size} bytes is over this GPU's ${maxBufferSize}: use smaller blocks of rows`,
      );
    const buffer = this.device.createBuffer({ size, usage });
    this.#buffers.add(buffer);
    return buffer;
  }
}

/** Throws what went wrong since the last time. */
async function settle(device: GPUDevice): Promise<void> {
  // Dawn reports errors and loss in callbacks of their own, which may follow the one that was awaited.
  await new Promise((resolve) => setImmediate(resolve));
  const state = stateOf(device);
  if (state.lost !== undefined) throw new DeviceLost(`the GPU was lost (${state.lost})`);
  if (state.error === undefined) return;
  const { error } = state;
  state.error = undefined;
  throw new Error(`WebGPU refused: ${error}`);
}

const word = new DataView(new ArrayBuffer(4));
/** The bits of an f32, for a uniform. */
export function floatBits(value: number): number {
  word.setFloat32(0, value);
  return word.getUint32(0);
}
