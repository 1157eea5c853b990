/// <reference types="@webgpu/types" />
import type { Schema } from '../../../../shared/features/schema.ts';
import { boostOnGpu } from '../../../device/gpu/boost.ts';
import { endsGpuRun, gpuOf } from '../../../device/gpu/choose-device.ts';
import type { Labelled } from '../../../device/gpu/device-rows.ts';
import type { GpuTree } from '../../../device/gpu/grow-tree.ts';
import { codesBytes, loadCodes } from '../../../device/cpu/code-matrix.ts';
import { KernelPool } from '../../../device/cpu/pool.ts';
import {
  lambdaRank,
  listwise,
  lossBytes,
  sortingBytes,
  MODE,
  type LambdaRankOptions,
  type RowLoss,
} from '../../../device/cpu/row-losses.ts';
import { threadsFor } from '../../../device/cpu/threads-for.ts';
import { slateCount, type TrainingSet } from '../training-set.ts';
import { boost } from '../trees/boost.ts';
import { TreeGrower } from '../trees/grow-tree.ts';
import type { GrownTree } from '../trees/grown-tree.ts';
import { scoreTrees } from '../trees/score-trees.ts';
import { TreeScorer } from '../trees/score-tree.ts';
import { toTrees } from '../trees/to-trees.ts';
import type { FittedReranker, OffsetSet, RerankFitOptions, RerankLearner } from './learner.ts';

export type BoostedObjective = 'lambdarank' | 'softmax';

const MAX_TREES = 500;
/** Small steps and strong shrinkage: clicks are noisy, and most slates have one. */
const LEAVES = {
  lambda: 10,
  minChildHessian: 1e-3,
  minChildRows: 50,
  minGain: 0,
  rate: 0.05,
  patience: 40,
} as const;
const MAX_LEAVES = 15;
const CPU_DEPTH = 12;
/** Whole levels: up to 16 leaves. Deeper trees learn the first slates by heart, and early stopping ends them at once. */
const GPU_DEPTH = 4;
/** Pairs with one of so many best slots pull, as in LightGBM. */
const LAMBDA_RANK: LambdaRankOptions = { truncation: 30, normalise: true };

/**
 * Boosted trees for ranking: LambdaMART (Burges, 2010), or softmax cross-entropy over the slate. On a GPU the trees
 * grow by whole levels, on the CPU the leaf that gains most first; both under the same rules for leaves. When the
 * device is lost, the CPU goes on from the trees that were finished.
 */
export const boostedLearner = (objective: BoostedObjective): RerankLearner => ({
  async fit(train, validation, options) {
    const { device, log } = options;
    const grown: Grown = { trees: [], heldOut: [] };
    const gpu = gpuOf(device);
    if (gpu !== undefined) {
      try {
        await growOnGpu(gpu, train, validation, objective, options, grown);
        return fittedTrees(bestOf(grown));
      } catch (error) {
        if (!endsGpuRun(error)) throw error;
        log(`${error.message}: the run goes on from tree ${grown.trees.length} on the CPU`);
      }
    }
    await growOnCpu(train, validation, objective, options, grown);
    return fittedTrees(bestOf(grown));
  },
});

/** Whole trees so far, and the held-out measure after each, where rows are held out. */
interface Grown {
  readonly trees: GrownTree[];
  readonly heldOut: number[];
}

/** Up to the tree after which the held-out measure was least. */
const bestOf = ({ trees, heldOut }: Grown): readonly GrownTree[] =>
  heldOut.length === 0 ? trees : trees.slice(0, 1 + heldOut.indexOf(Math.min(...heldOut)));

async function growOnGpu(
  device: GPUDevice,
  train: OffsetSet,
  validation: OffsetSet | undefined,
  objective: BoostedObjective,
  { schema, rounds = MAX_TREES, onStep }: RerankFitOptions,
  { trees, heldOut }: Grown,
): Promise<void> {
  const [slates, heldSlates] = [train, validation].map((one) => (one ? slatesOf(one.set) : 1));
  await boostOnGpu(
    device,
    labelled(train),
    {
      ...LEAVES,
      maxDepth: GPU_DEPTH,
      objective: objective === 'softmax' ? 'softmax' : { lambdaRank: LAMBDA_RANK },
      trees: rounds,
      monotone: monotoneOf(schema),
      onTree: ({ tree, loss, heldOut: held }, own) => {
        trees.push(toGrown(own));
        if (held !== undefined) heldOut.push(held / heldSlates);
        onStep({
          iteration: tree,
          trainLoss: loss / slates,
          ...(held === undefined ? {} : { validationLoss: held / heldSlates }),
        });
      },
    },
    validation && labelled(validation),
  );
}

/** Goes on from the trees that there are. */
async function growOnCpu(
  train: OffsetSet,
  validation: OffsetSet | undefined,
  objective: BoostedObjective,
  { schema, rounds = MAX_TREES, onStep }: RerankFitOptions,
  { trees, heldOut }: Grown,
): Promise<void> {
  const before = [...trees];
  const { rows, features } = train.set;
  const threads = threadsFor(rows * features);
  const bytes =
    bytesFor(train.set, threads) +
    (validation ? bytesFor(validation.set, threads) : 0) +
    TreeGrower.sizeBytes(rows, features, MAX_LEAVES, threads);
  const pool = new KernelPool(bytes, threads);
  try {
    const loss = lossOver(pool, train, objective, before);
    const held = validation && lossOver(pool, validation, objective, before);
    boost(
      loadCodes(pool, train.set),
      loss,
      {
        ...LEAVES,
        order: 'best',
        maxDepth: CPU_DEPTH,
        maxLeaves: MAX_LEAVES,
        trees: rounds - before.length,
        monotone: monotoneOf(schema),
      },
      held && {
        matrix: loadCodes(pool, validation.set),
        scores: held.scores,
        measure: () => held.evaluate(MODE.both).loss / slatesOf(validation.set),
      },
      ({ tree, loss: perRow, heldOut: measured }, own) => {
        trees.push(own);
        if (measured !== undefined) heldOut.push(measured);
        onStep({
          iteration: before.length + tree,
          trainLoss: (perRow * rows) / slatesOf(train.set),
          ...(measured === undefined ? {} : { validationLoss: measured }),
        });
      },
    );
  } finally {
    await pool.close();
  }
}

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

const slatesOf = (set: TrainingSet): number => Math.max(slateCount(set), 1);

const bytesFor = ({ rows, features, starts }: TrainingSet, threads: number): number =>
  codesBytes(rows, features) +
  lossBytes(rows, starts.length) +
  sortingBytes(starts, threads) +
  TreeScorer.sizeBytes(MAX_LEAVES);

/** @param before trees whose scores the loss starts from, on top of the offset. */
function lossOver(
  pool: KernelPool,
  { set, offset }: OffsetSet,
  objective: BoostedObjective,
  before: readonly GrownTree[],
): RowLoss {
  const loss =
    objective === 'softmax'
      ? listwise(pool, set.reward, set.starts)
      : lambdaRank(pool, set.reward, set.starts, LAMBDA_RANK);
  const scores = pool.f64(loss.scores, set.rows);
  if (offset !== undefined) scores.set(offset);
  scoreTrees(before, set, scores);
  return loss;
}

const labelled = ({ set, offset }: OffsetSet): Labelled =>
  offset === undefined ? set : { ...set, base: Float32Array.from(offset) };

/** As the CPU's: its gains are twice the loss saved, and leaves know their rows, which here stayed on the device. */
const toGrown = (tree: GpuTree): GrownTree => ({
  ...tree,
  gain: tree.gain.map((saved) => 2 * saved),
  leaves: [],
});
