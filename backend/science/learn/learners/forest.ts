import { randomForest } from '../trees/random-forest.ts';
import { fittedTrees, monotoneOf } from './boosted.ts';
import type { RerankLearner } from './learner.ts';

const TREES = 100;
/** Bounds what the edge loads: 100 trees of 256 leaves are 0.25 MB. */
const MAX_LEAVES = 256;
const MIN_LEAF_ROWS = 20;

/** A random forest that predicts the reward of each shown item (regression; classification where rewards are 0 or 1). */
export const forestLearner: RerankLearner = {
  async fit({ set }, _validation, { schema, seed, device }) {
    const trees = await device.run(
      async (kernels) => {
        const grower = kernels.forest({
          rows: set,
          labels: set.reward,
          options: {
            order: 'best',
            maxDepth: 64,
            maxLeaves: MAX_LEAVES,
            lambda: 0,
            minChildHessian: 0,
            minChildRows: MIN_LEAF_ROWS,
            minGain: 0,
            monotone: monotoneOf(schema),
          },
        });
        try {
          const featuresPerNode = Math.max(1, Math.ceil(set.features / 3));
          return await randomForest(grower, set, { trees: TREES, featuresPerNode, seed });
        } finally {
          await grower.close();
        }
      },
      () => 'the forest is grown',
    );
    return fittedTrees(trees);
  },
};
