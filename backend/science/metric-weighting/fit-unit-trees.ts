/// <reference types="@webgpu/types" />
import { boostOnGpu } from '../../device/gpu/boost.ts';
import { endsGpuRun, gpuOf, type DeviceChoice } from '../../device/gpu/choose-device.ts';
import { codesBytes, loadCodes, type Columns } from '../../device/cpu/code-matrix.ts';
import { KernelPool } from '../../device/cpu/pool.ts';
import { lossBytes, pointwise } from '../../device/cpu/row-losses.ts';
import { threadsFor } from '../../device/cpu/threads-for.ts';
import { boost } from '../learn/trees/boost.ts';
import { TreeGrower } from '../learn/trees/grow-tree.ts';
import type { GrownTree } from '../learn/trees/grown-tree.ts';
import { randomForest, randomForestBytes } from '../learn/trees/random-forest.ts';
import { scoreTrees } from '../learn/trees/score-trees.ts';

export const UNIT_MODELS = ['forest', 'boosted'] as const;
export type UnitModelKind = (typeof UNIT_MODELS)[number];

/** Trees that predict the target from the codes of a unit. */
export interface UnitTrees {
  readonly trees: readonly GrownTree[];
  /** Predictions on the scale of the labels: probabilities where these are 0 and 1. */
  predict(columns: Columns): Float64Array;
}

export interface FitUnitTreesOptions {
  readonly model: UnitModelKind;
  /** Labels are 0 and 1: boosted trees then add up log-odds. */
  readonly isBinary: boolean;
  readonly trees: number;
  readonly seed: number;
  readonly device?: DeviceChoice;
}

const FOREST_LEAVES = 64;
/** Small trees grown level by level, which gives the same trees on GPU and CPU, with strong regularisation. */
const BOOSTED = { maxDepth: 3, lambda: 5, minChildHessian: 1e-3, minChildRows: 50, minGain: 0 };
const RATE = 0.08;

/**
 * Fits a random forest on squared loss (for labels of 0 and 1 it is equivalent to Gini impurity), or boosted trees on
 * squared or logistic loss. Boosted trees grow on a GPU where there is one, and on the CPU if it is lost. Blocks the
 * calling thread.
 */
export async function fitUnitTrees(
  columns: Columns,
  labels: Float64Array,
  options: FitUnitTreesOptions,
): Promise<UnitTrees> {
  const { model, isBinary, device } = options;
  const sum = labels.reduce((total, label) => total + label, 0);
  const mean = sum / labels.length;
  // Half a unit is added to each class, because a sample of a single class has no finite log-odds.
  const share = (sum + 0.5) / (labels.length + 1);
  if (model === 'forest') {
    const trees = await growOnCpu(columns, labels, options, 0);
    return { trees, predict: (of) => scoreTrees(trees, of) };
  }
  const start = isBinary ? Math.log(share / (1 - share)) : mean;
  const gpu = gpuOf(device);
  const trees =
    (gpu && (await growOnGpu(gpu, columns, labels, options, start))) ??
    (await growOnCpu(columns, labels, options, start));
  const link = isBinary ? (score: number) => 1 / (1 + Math.exp(-score)) : (score: number) => score;
  return { trees, predict: (of) => scoreTrees(trees, of).map((score) => link(score + start)) };
}

async function growOnCpu(
  columns: Columns,
  labels: Float64Array,
  { model, isBinary, trees, seed }: FitUnitTreesOptions,
  start: number,
): Promise<readonly GrownTree[]> {
  const { rows, features } = columns;
  const threads = threadsFor(rows * features);
  const leaves = model === 'forest' ? FOREST_LEAVES : 2 ** BOOSTED.maxDepth;
  const growing =
    model === 'forest'
      ? randomForestBytes(rows, features, leaves, threads)
      : TreeGrower.sizeBytes(rows, features, leaves, threads);
  const pool = new KernelPool(codesBytes(rows, features) + lossBytes(rows) + growing, threads);
  try {
    const loss = pointwise(pool, model === 'boosted' && isBinary ? 'logistic' : 'squared', labels);
    const matrix = loadCodes(pool, columns);
    if (model === 'boosted') {
      pool.f64(loss.scores, rows).fill(start);
      const shape = { ...BOOSTED, order: 'depth', maxLeaves: leaves } as const;
      return boost(matrix, loss, { ...shape, trees, rate: RATE }).trees;
    }
    return randomForest(matrix, loss, {
      order: 'best',
      trees,
      maxDepth: 32,
      maxLeaves: leaves,
      lambda: 0,
      minChildHessian: 0,
      minChildRows: 20,
      minGain: 0,
      featuresPerNode: Math.max(1, Math.ceil(features / 3)),
      seed,
    });
  } finally {
    await pool.close();
  }
}

/** @returns undefined when the device was lost or the codes do not fit it. */
async function growOnGpu(
  device: GPUDevice,
  columns: Columns,
  labels: Float64Array,
  { isBinary, trees }: FitUnitTreesOptions,
  start: number,
): Promise<readonly GrownTree[] | undefined> {
  const base = new Float32Array(columns.rows).fill(start);
  try {
    const grown = await boostOnGpu(
      device,
      { ...columns, reward: labels, base },
      { ...BOOSTED, objective: isBinary ? 'logistic' : 'squared', trees, rate: RATE },
    );
    // Its gains are the loss saved; the CPU's are twice that.
    return grown.trees.map((tree) => ({
      ...tree,
      gain: tree.gain.map((saved) => 2 * saved),
      leaves: [],
    }));
  } catch (error) {
    if (endsGpuRun(error)) return undefined;
    throw error;
  }
}
