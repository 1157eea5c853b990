import type { TrainingSet } from '../../../backend/science/learn/training-set.ts';
import { fitAdditive } from '../../../backend/science/learn/additive/fit-additive.ts';
import { additiveScores } from '../../../backend/science/learn/histogram.ts';
import { codesBytes, loadCodes } from '../../../backend/device/cpu/loaded-codes.ts';
import { KernelPool } from '../../../backend/device/cpu/pool.ts';
import {
  lambdaRank,
  lossBytes,
  pointwise,
  type RowLoss,
} from '../../../backend/device/cpu/row-losses.ts';
import { boost, type BoostOptions } from '../../../backend/science/learn/trees/boost.ts';
import {
  randomForest,
  randomForestBytes,
} from '../../../backend/science/learn/trees/random-forest.ts';
import type { RandomForestOptions } from '../../../backend/science/learn/trees/random-forest.ts';
import { scoreTrees } from '../../../backend/science/learn/trees/score-trees.ts';
import { TreeGrower } from '../../../backend/device/cpu/grow-tree.ts';
import type { GrownTree } from '../../../backend/science/learn/device/tree-growers.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rowsOf, startsOf, takeColumns, takeLabels, type Task, type Tool } from './task.ts';

/** Trimtab's learners, driven as the peers are: on one thread, for tasks of some thousands of rows. */
const THREADS = 1;

interface Training {
  readonly pool: KernelPool;
  readonly labels: Float64Array;
  readonly starts: Uint32Array;
}

function treesTool(
  extraBytes: (rows: number, features: number) => number,
  grow: (training: Training, columns: Task['columns']) => readonly GrownTree[],
): Tool {
  return async ({ columns, labels, starts, splits }) =>
    splits.map(({ train, test }) => {
      const [from, to] = [rowsOf(starts, train), rowsOf(starts, test)];
      const own = takeColumns(columns, from);
      const sizeBytes =
        codesBytes(from.length, columns.features) +
        lossBytes(from.length, train.length) +
        extraBytes(from.length, columns.features);
      const training: Training = {
        pool: new KernelPool(sizeBytes, THREADS),
        labels: takeLabels(labels, from),
        starts: startsOf(starts, train),
      };
      return scoreTrees(grow(training, own), takeColumns(columns, to));
    });
}

const boosted = (options: BoostOptions, lossOf: (training: Training) => RowLoss): Tool =>
  treesTool(
    (rows, features) => TreeGrower.sizeBytes(rows, features, options.maxLeaves, THREADS),
    (training, columns) => [
      ...boost(loadCodes(training.pool, columns), lossOf(training), options).trees,
    ],
  );

/** Boosted trees on logistic loss. Scores are log-odds. @param start of all rows: log-odds, or those of the mean label. */
export function ourBoosted(options: BoostOptions, start: number | 'mean'): Tool {
  const startOf = (labels: Float64Array) => (start === 'mean' ? logOddsOfMean(labels) : start);
  const trees = boosted(options, ({ pool, labels }) => {
    const loss = pointwise(pool, 'logistic', labels);
    pool.f64(loss.scores, labels.length).fill(startOf(labels));
    return loss;
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
export const ourLambdaMart = (options: BoostOptions, gainOf: (label: number) => number): Tool =>
  boosted(options, ({ pool, labels, starts }) =>
    lambdaRank(pool, labels.map(gainOf), starts, { truncation: 30, normalise: true }),
  );

/** Random forest. Scores are probabilities. */
export const ourForest = (options: RandomForestOptions): Tool =>
  treesTool(
    (rows, features) => randomForestBytes(rows, features, options.maxLeaves, THREADS),
    ({ pool, labels }, columns) =>
      randomForest(loadCodes(pool, columns), pointwise(pool, 'squared', labels), options),
  );

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
  session: new Uint32Array(starts.length - 1),
});
