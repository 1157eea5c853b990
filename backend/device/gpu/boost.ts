/// <reference types="@webgpu/types" />
import type { CodesOptions } from './codes.ts';
import { DeviceRows, type GpuObjective, type Labelled } from './device-rows.ts';
import { GpuTreeGrower, type GpuGrowOptions, type GpuTree } from './grow-tree.ts';
import { Workspace } from './kernel.ts';

export interface GpuBoostOptions extends GpuGrowOptions {
  readonly objective: GpuObjective;
  /**
   * Gradients made on the host from the scores so far, in place of the objective's: LambdaMART's, say.
   * @returns `Float32Array(2 × rows)`, gradient and hessian in turn, and the loss.
   */
  readonly gradients?: (scores: Float32Array) => {
    readonly pairs: Float32Array<ArrayBuffer>;
    readonly loss: number;
  };
  /** Of the held-out scores, in place of the objective's loss; lower is better. */
  readonly measure?: (scores: Float32Array) => number;
  readonly trees: number;
  /** Stop when the held-out loss has not improved for so many trees; absent: never. */
  readonly patience?: number;
  /** Called before each tree; writes 1 for each feature that it may split on. */
  readonly drawFeatures?: (allowed: Uint8Array) => void;
  readonly onTree?: (step: GpuBoostStep, tree: GpuTree) => void;
  readonly codes?: CodesOptions;
}

export interface GpuBoostStep {
  readonly tree: number;
  /** Total training loss before this tree, held-out loss after it. */
  readonly loss: number;
  readonly heldOut?: number;
}

export interface GpuBoosted {
  readonly trees: readonly GpuTree[];
  readonly curve: readonly GpuBoostStep[];
  /** Training scores after all trees that were grown. */
  readonly scores: Float32Array;
}

/**
 * Gradient boosting on second-order steps (Friedman, 2001; Chen & Guestrin, 2016), all of it on the device: gradients
 * of the scores so far, a tree on them, its values added to the scores.
 * @throws DeviceLost: the trees that `onTree` was given are whole, and a CPU run can go on from them.
 */
export async function boostOnGpu(
  device: GPUDevice,
  set: Labelled,
  options: GpuBoostOptions,
  heldOutSet?: Labelled,
): Promise<GpuBoosted> {
  const rows = new DeviceRows(device, set, options.objective, options.codes);
  const heldOut =
    heldOutSet && new DeviceRows(device, heldOutSet, options.objective, options.codes);
  const grower = new GpuTreeGrower(device, rows, options);
  const trees: GpuTree[] = [];
  const curve: GpuBoostStep[] = [];
  const { gradients, measure } = options;
  const before = gradients === undefined ? rows.gradients() : [];
  const heldOutSteps =
    heldOut === undefined
      ? []
      : [...grower.addTo(heldOut), ...(measure === undefined ? heldOut.gradients() : [])];
  const workspace = new Workspace(device);
  const heldOutLoss = async (): Promise<number> => {
    if (heldOut === undefined) return Number.POSITIVE_INFINITY;
    return measure === undefined ? heldOut.loss() : measure(await heldOut.scores());
  };
  try {
    if (heldOut !== undefined && measure === undefined) workspace.submit(heldOut.gradients());
    let best = { trees: 0, loss: await heldOutLoss() };
    for (let t = 1; t <= options.trees; t++) {
      const allowed = options.drawFeatures && new Uint8Array(set.features);
      if (allowed !== undefined) options.drawFeatures?.(allowed);
      const given = gradients?.(await rows.scores());
      if (given !== undefined) rows.writePairs(given.pairs);
      const tree = await grower.grow(before, heldOutSteps, allowed);
      if (tree.left[0] === 0) break;
      trees.push(tree);
      const step: GpuBoostStep = {
        tree: t,
        loss: given?.loss ?? (await rows.loss()),
        ...(heldOut && { heldOut: await heldOutLoss() }),
      };
      curve.push(step);
      options.onTree?.(step, tree);
      if (step.heldOut !== undefined && step.heldOut < best.loss)
        best = { trees: t, loss: step.heldOut };
      if (options.patience !== undefined && heldOut && t - best.trees >= options.patience) break;
    }
    const kept =
      heldOut === undefined || options.patience === undefined ? trees.length : best.trees;
    return { trees: trees.slice(0, kept), curve, scores: await rows.scores() };
  } finally {
    grower.destroy();
    rows.destroy();
    heldOut?.destroy();
  }
}
