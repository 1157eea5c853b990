import type { Schema } from '../../../shared/features/schema.ts';
import { codesBytes, loadCodes } from '../kernels/code-matrix.ts';
import { KernelPool } from '../kernels/pool.ts';
import { lambdaRank, listwise, lossBytes, MODE, type RowLoss } from '../kernels/row-losses.ts';
import { threadsFor } from '../kernels/threads-for.ts';
import { slateCount, type TrainingSet } from '../training-set.ts';
import { boost, type BoostOptions } from '../trees/boost.ts';
import { TreeGrower, type GrownTree } from '../trees/grow-tree.ts';
import { scoreTrees } from '../trees/score-trees.ts';
import { TreeScorer } from '../trees/score-tree.ts';
import { toTrees } from '../trees/to-trees.ts';
import type { FittedReranker, OffsetSet, RerankLearner } from './learner.ts';

export type BoostedObjective = 'lambdarank' | 'softmax';

const MAX_TREES = 500;
/** Small steps and strong shrinkage: clicks are noisy, and most slates have one. */
const GROWTH = {
  order: 'best',
  maxDepth: 12,
  maxLeaves: 15,
  lambda: 10,
  minChildHessian: 1e-3,
  minChildRows: 50,
  minGain: 0,
  rate: 0.05,
  patience: 40,
} as const satisfies Partial<BoostOptions>;
/** Pairs with one of so many best slots pull, as in LightGBM. */
const TRUNCATION = 30;

/** Boosted trees for ranking: LambdaMART (Burges, 2010), or softmax cross-entropy over the slate. */
export const boostedLearner = (objective: BoostedObjective): RerankLearner => ({
  async fit(train, validation, { schema, rounds, onStep }) {
    const sets = [train, ...(validation ? [validation] : [])];
    const { features } = train.set;
    const threads = threadsFor(train.set.rows * features);
    const bytes = sets.reduce((sum, { set }) => sum + bytesFor(set), 0);
    const growing = TreeGrower.sizeBytes(train.set.rows, features, GROWTH.maxLeaves, threads);
    const pool = new KernelPool(bytes + growing, threads);
    try {
      const loss = lossOver(pool, train, objective);
      const held = validation && lossOver(pool, validation, objective);
      const slates = validation && Math.max(slateCount(validation.set), 1);
      const { trees } = boost(
        loadCodes(pool, train.set),
        loss,
        {
          ...GROWTH,
          trees: rounds ?? MAX_TREES,
          monotone: monotoneOf(schema),
        },
        held && {
          matrix: loadCodes(pool, validation!.set),
          scores: held.scores,
          measure: () => held.evaluate(MODE.both).loss / slates!,
        },
        ({ tree, loss: perRow, heldOut }) =>
          onStep({
            iteration: tree,
            trainLoss: (perRow * train.set.rows) / Math.max(slateCount(train.set), 1),
            ...(heldOut === undefined ? {} : { validationLoss: heldOut }),
          }),
      );
      return fittedTrees(trees);
    } finally {
      await pool.close();
    }
  },
});

/** Trees as what re-ranks. */
export const fittedTrees = (trees: readonly GrownTree[]): FittedReranker => ({
  rounds: trees.length,
  trees,
  scores: (set) => scoreTrees(trees, set),
  part: (points) => ({ kind: 'forest', trees: toTrees(trees, points) }),
});

/** Per feature: 1 where the schema says that more must not score less, −1 where it must not score more. */
export function monotoneOf({ features, constraints }: Schema): Int8Array {
  const orders = new Int8Array(features.length);
  for (const { feature, monotone } of constraints) {
    const at = features.findIndex(({ name }) => name === feature);
    if (monotone !== undefined) orders[at] = monotone === 'increasing' ? 1 : -1;
  }
  return orders;
}

const bytesFor = ({ rows, features, starts }: TrainingSet): number =>
  codesBytes(rows, features) +
  lossBytes(rows, starts.length) +
  TreeScorer.sizeBytes(GROWTH.maxLeaves);

function lossOver(
  pool: KernelPool,
  { set, offset }: OffsetSet,
  objective: BoostedObjective,
): RowLoss {
  const loss =
    objective === 'softmax'
      ? listwise(pool, set.reward, set.starts)
      : lambdaRank(pool, set.reward, set.starts, { truncation: TRUNCATION, normalise: true });
  if (offset !== undefined) pool.f64(loss.scores, set.rows).set(offset);
  return loss;
}
