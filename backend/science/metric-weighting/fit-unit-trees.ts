import type { CodeMatrix } from '../learn/code-matrix.ts';
import type { Device, Kernels } from '../learn/device/device.ts';
import type { GrownTree, GrowOptions } from '../learn/device/tree-growers.ts';
import { boost } from '../learn/trees/boost.ts';
import { randomForest } from '../learn/trees/random-forest.ts';
import { scoreTrees } from '../learn/trees/score-trees.ts';

export const UNIT_MODELS = ['forest', 'boosted'] as const;
export type UnitModelKind = (typeof UNIT_MODELS)[number];

/** Trees that predict the target from units' codes. */
export interface UnitTrees {
  readonly trees: readonly GrownTree[];
  /** In the scale of the labels: a probability where they are 0 and 1. */
  predict(units: CodeMatrix): Float64Array;
}

export interface FitUnitTreesOptions {
  readonly model: UnitModelKind;
  /** Labels are 0 and 1: boosted trees then add up log-odds. */
  readonly isBinary: boolean;
  readonly trees: number;
  readonly seed: number;
  readonly device: Device;
}

const FOREST: GrowOptions = {
  order: 'best',
  maxDepth: 32,
  maxLeaves: 64,
  lambda: 0,
  minChildHessian: 0,
  minChildRows: 20,
  minGain: 0,
};
/** Whole levels, so that every device grows the same trees: 8 leaves, small steps, strong shrinkage. */
const BOOSTED: GrowOptions = {
  order: 'depth',
  maxDepth: 3,
  maxLeaves: 8,
  lambda: 5,
  minChildHessian: 1e-3,
  minChildRows: 50,
  minGain: 0,
};
const RATE = 0.08;

/**
 * A random forest on squared loss (which for labels 0 and 1 is Gini's), or boosted trees on squared or logistic loss.
 * Blocks the calling thread where the device is the CPU.
 */
export async function fitUnitTrees(
  units: CodeMatrix,
  labels: Float64Array,
  { model, isBinary, trees: count, seed, device }: FitUnitTreesOptions,
): Promise<UnitTrees> {
  if (model === 'forest') {
    const grow = (kernels: Kernels) => growForest(kernels, units, labels, count, seed);
    const trees = await device.run(grow, () => 'the forest is grown');
    return { trees, predict: (of) => scoreTrees(trees, of) };
  }
  const start = isBinary ? logOddsOfMean(labels) : meanOf(labels);
  const base = new Float64Array(units.rows).fill(start);
  const trees = await device.run(
    async (kernels) => {
      const booster = kernels.boosting({
        train: { ...units, reward: labels, base },
        objective: isBinary ? 'logistic' : 'squared',
        options: { ...BOOSTED, rate: RATE },
      });
      try {
        return (await boost(booster, { trees: count })).trees;
      } finally {
        await booster.close();
      }
    },
    () => 'the trees are grown',
  );
  const link = isBinary ? (score: number) => 1 / (1 + Math.exp(-score)) : (score: number) => score;
  return { trees, predict: (of) => scoreTrees(trees, of).map((score) => link(score + start)) };
}

async function growForest(
  kernels: Kernels,
  units: CodeMatrix,
  labels: Float64Array,
  trees: number,
  seed: number,
): Promise<readonly GrownTree[]> {
  const grower = kernels.forest({ rows: units, labels, options: FOREST });
  try {
    const featuresPerNode = Math.max(1, Math.ceil(units.features / 3));
    return await randomForest(grower, units, { trees, featuresPerNode, seed });
  } finally {
    await grower.close();
  }
}

const sumOf = (labels: Float64Array): number => labels.reduce((sum, label) => sum + label, 0);

const meanOf = (labels: Float64Array): number => sumOf(labels) / labels.length;

/** With half a unit more of each kind: a sample of one kind alone has no log-odds. */
function logOddsOfMean(labels: Float64Array): number {
  const share = (sumOf(labels) + 0.5) / (labels.length + 1);
  return Math.log(share / (1 - share));
}
