/// <reference types="@webgpu/types" />
import type { Workspace } from './kernel.ts';
import { spread, type Step } from './kernel.ts';
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
