import type { Schema } from '../../../../shared/features/schema.ts';
import type { Kernels } from '../device/device.ts';
import type { LabelledRows } from '../device/labelled-rows.ts';
import type { Objective } from '../device/objective.ts';
import type { GrownTree } from '../device/tree-growers.ts';
import { slateCount, type TrainingSet } from '../training-set.ts';
import { boost, type BoostStep } from '../trees/boost.ts';
import { drawSample } from '../trees/tree-sampling.ts';
import { scoreTrees } from '../trees/score-trees.ts';
import { toTrees } from '../trees/to-trees.ts';
import type { FittedReranker, OffsetSet, RerankLearner } from './learner.ts';

export type BoostedObjective = 'lambdarank' | 'softmax';

const MAX_TREES = 500;
const PATIENCE = 40;
/**
 * Small steps and strong shrinkage: clicks are noisy, and most slates have one. With more leaves the trees learn the
 * first slates by heart, and early stopping ends them at once.
 */
const GROW = {
  order: 'best',
  maxDepth: 12,
  maxLeaves: 15,
  lambda: 10,
  minChildHessian: 1e-3,
  minChildRows: 50,
  minGain: 0,
  rate: 0.05,
} as const;
/** The truncation and normalisation are LightGBM's defaults. */
const OBJECTIVES: Readonly<Record<BoostedObjective, Objective>> = {
  lambdarank: { lambdaRank: { truncation: 30, normalise: true } },
  softmax: 'softmax',
};

/**
 * Boosted trees for ranking: LambdaMART (Burges, 2010), or softmax cross-entropy over the slate. LambdaMART compares the
 * items of a slate and has nothing to say of a slate of one: where most slates with a reward are such, the softmax with its
 * outside option takes its place, which is then a logistic regression. Each tree is grown on samples as the schema's
 * `training.boosting` says. When a device fails, the next one goes on from the
 * trees that were finished.
 */
export const boostedLearner = (objective: BoostedObjective): RerankLearner => ({
  async fit(train, validation, { schema, seed, rounds = MAX_TREES, device, onStep }) {
    const {
      features = 1,
      slates: share = 1,
      leaves = GROW.maxLeaves,
    } = schema.training.boosting ?? {};
    const sampling = { features, slates: share, seed };
    const sampleOf = (draw: number) => drawSample(train.set, sampling, draw);
    const trees: GrownTree[] = [];
    const curve: BoostStep[] = [];
    let before: number | undefined;
    const slates = [train, validation].map((one) => (one ? slatesOf(one.set) : 1));
    const onTree = (step: BoostStep, tree: GrownTree) => {
      trees.push(tree);
      curve.push(step);
      onStep({
        iteration: step.tree,
        trainLoss: step.loss / slates[0],
        ...(step.heldOut !== undefined && { validationLoss: step.heldOut / slates[1] }),
      });
    };
    const grow = async (kernels: Kernels) => {
      const booster = kernels.boosting({
        train: labelled(train, trees),
        ...(validation && { heldOut: labelled(validation, trees) }),
        objective: OBJECTIVES[comparesItems(train.set) ? objective : 'softmax'],
        options: { ...GROW, maxLeaves: leaves, monotone: monotoneOf(schema) },
      });
      try {
        before ??= await booster.heldOutLoss();
        const from = { trees, curve, ...(before !== undefined && { before }) };
        const options = {
          trees: rounds,
          patience: PATIENCE,
          ...((features < 1 || share < 1) && { sampleOf }),
        };
        return await boost(booster, options, onTree, from);
      } finally {
        await booster.close();
      }
    };
    const { trees: best } = await device.run(
      grow,
      () => `the run goes on from tree ${trees.length}`,
    );
    return fittedTrees(best);
  },
});

/** Trees as a model that re-ranks. */
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

/** Whether at least half of the slates with a reward have several items, or a slate of one teaches nothing. */
function comparesItems({ starts, reward, outside }: TrainingSet): boolean {
  if (outside === undefined) return true;
  let [ones, others] = [0, 0];
  for (let slate = 0; slate < outside.length; slate++) {
    const own = reward.subarray(starts[slate], starts[slate + 1]);
    if (!own.some((value) => value > 0)) continue;
    if (own.length === 1) ones++;
    else others++;
  }
  return others >= ones;
}

const slatesOf = (set: TrainingSet): number => Math.max(slateCount(set), 1);

/** @param before trees whose values the scores start from, on top of the offset. */
function labelled({ set, offset }: OffsetSet, before: readonly GrownTree[]): LabelledRows {
  if (before.length === 0) return offset === undefined ? set : { ...set, base: offset };
  return { ...set, base: scoreTrees(before, set, offset?.slice()) };
}
