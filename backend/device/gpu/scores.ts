/// <reference types="@webgpu/types" />
import type { CodeMatrix } from '../../science/learn/code-matrix.ts';
import { DeviceCodes, type CodesOptions } from './codes.ts';
import { spread, Workspace, type Step } from './kernel.ts';
import { ADDITIVE_SCORES_WGSL, SCORE_ROWS } from './scores.wgsl.ts';

/** @param weights f32 `[feature][256]`. @param scores f32 per row of the block, overwritten. */
export function additiveScoresStep(
  workspace: Workspace,
  codes: GPUBuffer,
  weights: GPUBuffer,
  scores: GPUBuffer,
  rows: number,
  features: number,
): Step {
  return workspace.step(
    ADDITIVE_SCORES_WGSL,
    [codes, weights, scores, workspace.uniform(rows, features)],
    spread(Math.ceil(rows / SCORE_ROWS)),
  );
}

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
