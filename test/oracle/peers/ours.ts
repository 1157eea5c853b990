import { cpuDevice, cpuKernels } from '../../../backend/device/cpu/cpu-device.ts';
import { fitAdditive } from '../../../backend/science/learn/additive/fit-additive.ts';
import type { LabelledRows } from '../../../backend/science/learn/device/labelled-rows.ts';
import type { Objective } from '../../../backend/science/learn/device/objective.ts';
import type {
  BoosterOptions,
  GrownTree,
  GrowOptions,
} from '../../../backend/science/learn/device/tree-growers.ts';
import { additiveScores } from '../../../backend/science/learn/histogram.ts';
import { mlpLearner } from '../../../backend/science/learn/learners/mlp.ts';
import type { TrainingSet } from '../../../backend/science/learn/training-set.ts';
import { boost, type BoostOptions } from '../../../backend/science/learn/trees/boost.ts';
import {
  randomForest,
  type RandomForestOptions,
} from '../../../backend/science/learn/trees/random-forest.ts';
import { scoreTrees } from '../../../backend/science/learn/trees/score-trees.ts';
import { shuffle } from '../../../backend/science/statistics/shuffle.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rowsOf, startsOf, takeColumns, takeLabels, type Task, type Tool } from './task.ts';

/** Trimtab's learners, driven as the peers are: on one thread, for tasks of some thousands of rows. */
const KERNELS = cpuKernels(1);

type Boosting = BoosterOptions & BoostOptions;

const treesTool =
  (grow: (training: LabelledRows) => Promise<readonly GrownTree[]>): Tool =>
  async ({ columns, labels, starts, splits }) => {
    const scores: Float64Array[] = [];
    for (const { train, test } of splits) {
      const [from, to] = [rowsOf(starts, train), rowsOf(starts, test)];
      const trees = await grow({
        ...takeColumns(columns, from),
        reward: takeLabels(labels, from),
        starts: startsOf(starts, train),
      });
      scores.push(scoreTrees(trees, takeColumns(columns, to)));
    }
    return scores;
  };

async function boosted(
  train: LabelledRows,
  objective: Objective,
  options: Boosting,
): Promise<readonly GrownTree[]> {
  const booster = KERNELS.boosting({ train, objective, options });
  const { trees } = await boost(booster, options);
  await booster.close();
  return trees;
}

/** Boosted trees on logistic loss. Scores are log-odds. @param start of all rows: log-odds, or those of the mean label. */
export function ourBoosted(options: Boosting, start: number | 'mean'): Tool {
  const startOf = (labels: Float64Array) => (start === 'mean' ? logOddsOfMean(labels) : start);
  const trees = treesTool((rows) => {
    const base = new Float64Array(rows.rows).fill(startOf(rows.reward));
    return boosted({ ...rows, base }, 'logistic', options);
  });
  return async (task) =>
    (await trees(task)).map((scores, i) => {
      const rows = rowsOf(task.starts, task.splits[i].train);
      const first = startOf(takeLabels(task.labels, rows));
      return scores.map((score) => score + first);
    });
}

function logOddsOfMean(labels: Float64Array): number {
  const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  return Math.log(mean / (1 - mean));
}

/** LambdaMART. @param gainOf a row's worth at slot 1, from its label. */
export const ourLambdaMart = (options: Boosting, gainOf: (label: number) => number): Tool =>
  treesTool((rows) =>
    boosted(
      { ...rows, reward: rows.reward.map(gainOf) },
      { lambdaRank: { truncation: 30, normalise: true } },
      options,
    ),
  );

/** Random forest. Scores are probabilities. */
export const ourForest = (grow: GrowOptions, options: RandomForestOptions): Tool =>
  treesTool(async (rows) => {
    const grower = KERNELS.forest({ rows, labels: rows.reward, options: grow });
    const trees = await randomForest(grower, rows, options);
    await grower.close();
    return trees;
  });

/** Share of the training slates on which a trial stops early. */
const VALIDATION_SHARE = 0.2;

/**
 * The MLP as a training run fits it: a trial stops early on a fifth of the slates, then all are fitted for as many epochs.
 * Scores are log-odds. @param rewardOf a row's reward, from its label.
 */
export const ourMlp =
  (objective: 'pointwise' | 'listwise', rewardOf: (label: number) => number): Tool =>
  async ({ columns, labels, starts, splits }) => {
    const scores: Float64Array[] = [];
    for (const { train, test } of splits) {
      const setOf = (slates: Uint32Array) => {
        const rows = rowsOf(starts, slates);
        const reward = takeLabels(labels, rows).map(rewardOf);
        return plainSet(takeColumns(columns, rows), reward, startsOf(starts, slates));
      };
      const shuffled = shuffle(train.slice(), seededRandom(1));
      const held = Math.ceil(VALIDATION_SHARE * train.length);
      const options = {
        schema: { ...FREE, training: { ...FREE.training, objective } },
        seed: 1,
        device: cpuDevice(),
        onStep: () => {},
      };
      const [trial, validation] = [shuffled.slice(held), shuffled.slice(0, held)].map(setOf);
      const { rounds } = await mlpLearner.fit({ set: trial }, { set: validation }, options);
      const fitted = await mlpLearner.fit({ set: setOf(train) }, undefined, { ...options, rounds });
      scores.push(fitted.scores(setOf(test)));
    }
    return scores;
  };

/** No constraint ties the buckets; nothing else of it is read. */
const FREE: Schema = { ...smarttrip, constraints: [] };

/** An additive fit to its end, from nothing. @param l2 ridge towards 0. */
export const ourAdditive =
  (objective: 'pointwise' | 'listwise', l2: number): Tool =>
  async ({ columns, labels, starts, splits }) => {
    const scores: Float64Array[] = [];
    for (const { train, test } of splits) {
      const rows = rowsOf(starts, train);
      const own = takeColumns(columns, rows);
      const set = plainSet(own, takeLabels(labels, rows), startsOf(starts, train));
      const { weights } = await fitAdditive(set, undefined, additiveOptions(set, objective, l2));
      scores.push(additiveScores(takeColumns(columns, rowsOf(starts, test)), weights));
    }
    return scores;
  };

export function additiveOptions(
  { features }: { readonly features: number },
  objective: 'pointwise' | 'listwise',
  l2: number,
) {
  const nothing = new Float64Array(features * 256);
  return {
    schema: FREE,
    objective,
    start: nothing,
    prior: nothing,
    l2,
    slope: 1,
    maxIterations: 500,
    patience: 500,
    tolerance: 1e-9,
    device: cpuDevice(),
  };
}

/** A training set of codes and labels that come from no log. */
export const plainSet = (
  columns: Task['columns'],
  reward: Float64Array,
  starts: Uint32Array,
): TrainingSet => ({
  ...columns,
  starts,
  reward,
  position: new Uint16Array(0),
  at: new Float64Array(starts.length - 1),
  cluster: new Uint32Array(starts.length - 1),
});
