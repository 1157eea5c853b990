import { gpuOf } from '../../../device/gpu/choose-device.ts';
import { codesBytes, loadCodes } from '../../../device/cpu/code-matrix.ts';
import { KernelPool } from '../../../device/cpu/pool.ts';
import { lossBytes, pointwise } from '../../../device/cpu/row-losses.ts';
import { threadsFor } from '../../../device/cpu/threads-for.ts';
import { randomForest, randomForestBytes } from '../trees/random-forest.ts';
import { fittedTrees, monotoneOf } from './boosted.ts';
import type { RerankLearner } from './learner.ts';

const TREES = 100;
/** Bounds what the edge loads: 100 trees of 256 leaves are 0.25 MB. */
const MAX_LEAVES = 256;
const MIN_LEAF_ROWS = 20;

/** A random forest that foretells the reward of each shown item (regression; classification where rewards are 0 or 1). */
export const forestLearner: RerankLearner = {
  async fit({ set }, _validation, { schema, seed, device, log }) {
    if (gpuOf(device) !== undefined)
      log(
        "a forest is grown on the CPU: each node draws its own features, which the GPU's trees do not",
      );
    const { rows, features } = set;
    const threads = threadsFor(rows * features);
    const pool = new KernelPool(
      codesBytes(rows, features) +
        lossBytes(rows) +
        randomForestBytes(rows, features, MAX_LEAVES, threads),
      threads,
    );
    try {
      const loss = pointwise(pool, 'squared', set.reward);
      const trees = randomForest(loadCodes(pool, set), loss, {
        order: 'best',
        trees: TREES,
        maxDepth: 64,
        maxLeaves: MAX_LEAVES,
        lambda: 0,
        minChildHessian: 0,
        minChildRows: MIN_LEAF_ROWS,
        minGain: 0,
        featuresPerNode: Math.max(1, Math.ceil(features / 3)),
        seed,
        monotone: monotoneOf(schema),
      });
      return fittedTrees(trees);
    } finally {
      await pool.close();
    }
  },
};
