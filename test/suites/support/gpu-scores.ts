/// <reference types="@webgpu/types" />
import { DeviceCodes, type CodesOptions } from '../../../backend/device/gpu/codes.ts';
import { Workspace } from '../../../backend/device/gpu/kernel.ts';
import { additiveScoresStep } from '../../../backend/device/gpu/scores.ts';
import type { CodeMatrix } from '../../../backend/science/learn/code-matrix.ts';

export interface GpuAdditiveScores {
  /** @param weights `Float32Array(F × 256)`. @returns one score per row. */
  run(weights: Float32Array<ArrayBuffer>): Promise<Float32Array>;
  destroy(): void;
}

/** The WebGPU twin of `additiveScores`, in f32: off by at most `F · 2⁻²⁴ · Σ |weight|` per row. */
export function gpuAdditiveScores(
  device: GPUDevice,
  matrix: CodeMatrix,
  options: CodesOptions = {},
): GpuAdditiveScores {
  const codes = new DeviceCodes(device, matrix, options);
  const workspace = new Workspace(device);
  const weights = workspace.storage(matrix.features * 1024);
  const largest = Math.max(1, ...codes.blocks.map(({ rows }) => rows));
  const scores = workspace.storage(4 * largest);
  return {
    async run(values) {
      workspace.write(weights, values);
      const all = new Float32Array(matrix.rows);
      for (const [index, { first, rows }] of codes.blocks.entries()) {
        const buffer = codes.block(index);
        workspace.submit([
          additiveScoresStep(workspace, buffer, weights, scores, rows, matrix.features),
        ]);
        all.set(new Float32Array(await workspace.read(scores, 4 * rows)), first);
      }
      return all;
    },
    destroy() {
      codes.destroy();
      workspace.destroy();
    },
  };
}
