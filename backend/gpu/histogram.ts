/// <reference types="@webgpu/types" />
import { STRIDE } from '../../shared/score/scorer.ts';
import type { CodeMatrix, Histogram } from '../train/histogram.ts';
import { CHUNK_ROWS, HISTOGRAM_WGSL } from './histogram.wgsl.ts';

/** The codes of one matrix, kept on the device between calls. */
export interface GpuHistogram {
  /** @param gradient one per row; so is `hessian`. */
  run(gradient: Float64Array, hessian: Float64Array): Promise<Histogram>;
  destroy(): void;
}

/** The largest whole number a row may weigh: a chunk of them stays within an i32. */
const MAX_FIXED = 2 ** 31 / CHUNK_ROWS - 1;

/**
 * The WebGPU twin of `train/histogram.ts`. Rows are rounded to whole multiples of `max |value| / MAX_FIXED`, so
 * each bucket's sum is off by at most `n / 2` such steps for n rows in it; chunks are added in float64.
 */
export function gpuHistogram(device: GPUDevice, matrix: CodeMatrix): GpuHistogram {
  const { rows, features } = matrix;
  const words = Math.ceil(rows / 4);
  const chunks = Math.max(1, Math.ceil(rows / CHUNK_ROWS));
  const { STORAGE, COPY_DST, COPY_SRC, MAP_READ, UNIFORM } = GPUBufferUsage;
  const make = (size: number, usage: number) =>
    device.createBuffer({ size: Math.max(size, 16), usage });
  const codes = make(features * words * 4, STORAGE | COPY_DST);
  const pairs = make(rows * 8, STORAGE | COPY_DST);
  const sums = make(features * chunks * 2 * STRIDE * 4, STORAGE | COPY_SRC);
  const readable = make(sums.size, COPY_DST | MAP_READ);
  const shape = make(16, UNIFORM | COPY_DST);
  device.queue.writeBuffer(codes, 0, paddedCodes(matrix, words));
  device.queue.writeBuffer(shape, 0, new Uint32Array([rows, words, chunks, 0]));
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: HISTOGRAM_WGSL }) },
  });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [codes, pairs, sums, shape].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    })),
  });
  return {
    async run(gradient, hessian) {
      const [gradientStep, hessianStep] = [stepOf(gradient), stepOf(hessian)];
      const fixed = new Int32Array(2 * rows);
      for (let row = 0; row < rows; row++) {
        fixed[2 * row] = Math.round(gradient[row] / gradientStep);
        fixed[2 * row + 1] = Math.round(hessian[row] / hessianStep);
      }
      device.queue.writeBuffer(pairs, 0, fixed);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindings);
      pass.dispatchWorkgroups(chunks, features);
      pass.end();
      encoder.copyBufferToBuffer(sums, 0, readable, 0, sums.size);
      device.queue.submit([encoder.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      const partial = new Int32Array(readable.getMappedRange());
      const total = addChunks(partial, features, chunks, gradientStep, hessianStep);
      readable.unmap();
      return total;
    },
    destroy: () => [codes, pairs, sums, readable, shape].forEach((buffer) => buffer.destroy()),
  };
}

/** The value of one fixed-point unit; 1 where all values are 0. */
function stepOf(values: Float64Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest === 0 ? 1 : largest / MAX_FIXED;
}

/** Each feature starts on a u32 of its own. */
function paddedCodes(
  { rows, features, codes }: CodeMatrix,
  words: number,
): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(features * words * 4);
  for (let feature = 0; feature < features; feature++) {
    padded.set(codes.subarray(feature * rows, (feature + 1) * rows), feature * words * 4);
  }
  return padded;
}

function addChunks(
  partial: Int32Array,
  features: number,
  chunks: number,
  gradientStep: number,
  hessianStep: number,
): Histogram {
  const gradient = new Float64Array(features * STRIDE);
  const hessian = new Float64Array(features * STRIDE);
  for (let feature = 0; feature < features; feature++) {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = (feature * chunks + chunk) * 2 * STRIDE;
      for (let bucket = 0; bucket < STRIDE; bucket++) {
        gradient[feature * STRIDE + bucket] += partial[from + bucket] * gradientStep;
        hessian[feature * STRIDE + bucket] += partial[from + STRIDE + bucket] * hessianStep;
      }
    }
  }
  return { gradient, hessian };
}
