import { auc, logLoss } from '../../../backend/science/evaluation/classification-metrics.ts';
import {
  clusteredMean,
  studentInterval,
  type IntervalEstimate,
} from '../../../backend/science/statistics/interval.ts';
import { ndcgAt, reciprocalRank } from '../../../backend/science/evaluation/ranking-metrics.ts';
import { clusterFolds, type Fold } from '../../../backend/science/evaluation/splits.ts';
import { readBinary, readRank, type Example } from './example-data.ts';
import { ourAdditive, ourBoosted, ourForest, ourLambdaMart, ourMlp } from './ours.ts';
import { pythonTool } from './python.ts';
import { rowsOf, takeLabels, type Task, type Tool } from './task.ts';
import { readTrivagoSets } from './trivago-sets.ts';
import { xgboostTool } from './xgboost.ts';

/**
 * Trimtab's learners beside the peers', on the same codes and with the same settings. The given test splits are
 * small (500 rows, 50 queries), so that a change of bins moves every tool's AUC by 0.01: what decides is the paired
 * difference over repeated cross-validation of all rows.
 */
export interface Measured {
  readonly measure: 'AUC' | 'log loss' | 'NDCG@10' | 'MRR';
  /** On the given test split. */
  readonly ours: number;
  readonly theirs: number;
  /** Means over the folds, which the difference is of: another split than the given one. */
  readonly folds: { readonly ours: number; readonly theirs: number };
  /** Ours minus theirs, over the folds. */
  readonly difference: IntervalEstimate;
}

export const lowerIsBetter = (measure: Measured['measure']): boolean => measure === 'log loss';

/** By how much ours is worse than theirs for certain: 0 where the interval leaves room for as good. */
export const surelyWorseBy = ({ measure, difference: { low, high } }: Measured): number =>
  Math.max(0, lowerIsBetter(measure) ? low : -high);

const FOLDS = 5;

type Measures = Readonly<
  Partial<Record<Measured['measure'], (scores: Float64Array, task: Task, split: Fold) => number>>
>;

/**
 * @param read the example with its bins cut on the rows to learn from, or on all rows for the folds: no label is looked at.
 * @param repeats of the cross-validation.
 */
async function compareTools(
  repeats: number,
  read: (cutAll: boolean) => Example,
  ours: Tool,
  theirs: Tool,
  measures: Measures,
): Promise<Measured[]> {
  const [given, folded] = [givenSplit(read(false)), repeatedFolds(read(true), repeats)];
  const on = async (tool: Tool, task: Task) => {
    const scores = await tool(task);
    return (measure: Measured['measure']) =>
      task.splits.map((split, i) => measures[measure]!(scores[i], task, split));
  };
  // A peer in a process of its own works while ours does.
  const [peer, peerFolds, own, ownFolds] = await Promise.all([
    on(theirs, given),
    on(theirs, folded),
    on(ours, given),
    on(ours, folded),
  ]);
  return (Object.keys(measures) as Measured['measure'][]).map((measure) => ({
    measure,
    ours: own(measure)[0],
    theirs: peer(measure)[0],
    folds: { ours: meanOf(ownFolds(measure)), theirs: meanOf(peerFolds(measure)) },
    difference: resampledMean(
      ownFolds(measure).map((value, i) => value - peerFolds(measure)[i]),
      1 / (FOLDS - 1),
    ),
  }));
}

/**
 * Mean over folds with the variance that overlapping training sets ask for: `s² (1/n + tests / trainings)`
 * (Nadeau & Bengio, "Inference for the generalization error", Machine Learning 52, 2003).
 */
function resampledMean(values: readonly number[], testsPerTraining: number): IntervalEstimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return studentInterval(mean, Math.sqrt(variance * (1 / n + testsPerTraining)), n, n);
}

const givenSplit = ({ columns, labels, starts, trainSlates }: Example): Task => {
  const slates = Uint32Array.from({ length: starts.length - 1 }, (_, slate) => slate);
  const split = { train: slates.slice(0, trainSlates), test: slates.slice(trainSlates) };
  return { columns, labels, starts, splits: [split] };
};

const repeatedFolds = ({ columns, labels, starts }: Example, repeats: number): Task => {
  const slates = Array.from({ length: starts.length - 1 }, (_, slate) => slate);
  const splits = Array.from({ length: repeats }, (_, seed) =>
    clusterFolds(slates, { folds: FOLDS, seed }),
  ).flat();
  return { columns, labels, starts, splits };
};

const classification = (probabilityOf: (score: number) => number): Measures => ({
  AUC: (scores, task, split) => auc(scores, labelsOf(task, split))!,
  'log loss': (scores, task, split) => logLoss(scores.map(probabilityOf), labelsOf(task, split))!,
});
const ofLogOdds = classification((score) => 1 / (1 + Math.exp(-score)));
const ofProbability = classification((score) => score);

const labelsOf = ({ labels, starts }: Task, { test }: Fold): Float64Array =>
  takeLabels(labels, rowsOf(starts, test));

/** Labels of each test slate, best score first; equal scores stay in the order of the rows. */
function ranked(scores: Float64Array, { labels, starts }: Task, { test }: Fold): number[][] {
  let first = 0;
  return Array.from(test, (slate) => {
    const [from, length] = [starts[slate], starts[slate + 1] - starts[slate]];
    const own = first;
    first += length;
    return Array.from({ length }, (_, i) => i)
      .toSorted((a, b) => scores[own + b] - scores[own + a])
      .map((i) => labels[from + i]);
  });
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const grading: Measures = {
  // As LightGBM counts: a query where nothing is relevant scores 1.
  'NDCG@10': (scores, task, split) =>
    meanOf(
      ranked(scores, task, split).map((grades) =>
        grades.some((grade) => grade > 0) ? ndcgAt(grades, 10, 'exponential') : 1,
      ),
    ),
};

const TREES = 100;
const RATE = 0.1;
/** LightGBM's defaults. */
export const LEAF_WISE = {
  order: 'best',
  maxDepth: 64,
  maxLeaves: 31,
  lambda: 0,
  minChildHessian: 1e-3,
  minChildRows: 20,
  minGain: 0,
  trees: TREES,
  rate: RATE,
} as const;
/** XGBoost's defaults, and a smaller rate. */
export const DEPTH_WISE = {
  order: 'depth',
  maxDepth: 6,
  maxLeaves: 64,
  lambda: 1,
  minChildHessian: 1,
  minChildRows: 0,
  minGain: 0,
  trees: TREES,
  rate: RATE,
} as const;
export const LIGHTGBM = { trees: TREES, num_leaves: 31, learning_rate: RATE, num_threads: 1 };

export const XGBOOST_DEPTH_6 = {
  tree_method: 'hist',
  objective: 'binary:logistic',
  max_depth: '6',
  eta: String(RATE),
  lambda: '1',
  min_child_weight: '1',
  max_bin: '256',
} as const;

export const boostedBesideLightgbm = (repeats: number) =>
  compareTools(
    repeats,
    readBinary,
    ourBoosted(LEAF_WISE, 'mean'),
    pythonTool('lightgbm_scores', { ...LIGHTGBM, objective: 'binary' }),
    ofLogOdds,
  );

export const boostedBesideXgboost = (repeats: number) =>
  compareTools(
    repeats,
    readBinary,
    ourBoosted(DEPTH_WISE, 0),
    xgboostTool(TREES, { ...XGBOOST_DEPTH_6, nthread: '1' }),
    ofLogOdds,
  );

/** Trees to the last row, √28 features a node: scikit-learn's defaults. */
export const forestBesideSklearn = (repeats: number) =>
  compareTools(
    repeats,
    readBinary,
    ourForest(
      {
        order: 'depth',
        maxDepth: 64,
        maxLeaves: 8192,
        lambda: 0,
        minChildHessian: 1,
        minChildRows: 1,
        minGain: 0,
      },
      { trees: TREES, featuresPerNode: 5, seed: 1 },
    ),
    pythonTool('forest_scores', { n_estimators: TREES, random_state: 1 }),
    ofProbability,
  );

export const additiveBesideSklearn = (repeats: number) =>
  compareTools(
    repeats,
    readBinary,
    ourAdditive('pointwise', 1),
    pythonTool('logistic_scores', { C: 1, max_iter: 10_000, tol: 1e-8 }),
    ofLogOdds,
  );

export const lambdaMartBesideLightgbm = (repeats: number) =>
  compareTools(
    repeats,
    readRank,
    ourLambdaMart(LEAF_WISE, (grade) => 2 ** grade - 1),
    pythonTool('lightgbm_scores', { ...LIGHTGBM, objective: 'lambdarank' }),
    grading,
  );

/**
 * scikit-learn's defaults but for early stopping, with the layers of ours; and with the penalty of as much weight as ours
 * has, which its default of 1e-4 is not.
 */
const SKLEARN_MLP = { hidden_layer_sizes: [16, 32], early_stopping: true, random_state: 1 };
export const MLP_PEERS = {
  'one-hot codes': { ...SKLEARN_MLP, codes: 'hot' },
  'one-hot codes, penalty 10': { ...SKLEARN_MLP, codes: 'hot', alpha: 10 },
  'codes as numbers': { ...SKLEARN_MLP, codes: 'numbers' },
  'codes as numbers, penalty 10': { ...SKLEARN_MLP, codes: 'numbers', alpha: 10 },
} as const;
export type MlpPeer = keyof typeof MLP_PEERS;

export const mlpBesideSklearn = (peer: MlpPeer) => (repeats: number) =>
  compareTools(
    repeats,
    readBinary,
    ourMlp('pointwise', (label) => label),
    pythonTool('mlp_scores', { ...MLP_PEERS[peer], loss: 'log' }),
    ofLogOdds,
  );

/** Graded queries: ours listwise, theirs by squared loss on the gain. */
export const gradedMlpBesideSklearn = (peer: MlpPeer) => (repeats: number) =>
  compareTools(
    repeats,
    readRank,
    ourMlp('listwise', (grade) => 2 ** grade - 1),
    pythonTool('mlp_scores', { ...MLP_PEERS[peer], loss: 'squared' }),
    grading,
  );

export interface OnTrivago {
  readonly lambdaMart: number;
  readonly lightgbm: number;
  readonly additive: number;
  /** LambdaMART's MRR minus LightGBM's, clustered by session. */
  readonly difference: IntervalEstimate;
}

/** Hotel searches split by time as `trimtab replay` splits them, and the sessions of the later ones. */
function trivagoTask(): { task: Task; sessions: Uint32Array } {
  const [early, late] = readTrivagoSets();
  const rows = early.rows + late.rows;
  const codes = new Uint8Array(early.features * rows);
  for (let feature = 0; feature < early.features; feature++) {
    const [a, b] = [early, late].map((set) =>
      set.codes.subarray(feature * set.rows, (feature + 1) * set.rows),
    );
    codes.set(a, feature * rows);
    codes.set(b, feature * rows + early.rows);
  }
  const task = givenSplit({
    columns: { rows, features: early.features, codes },
    labels: Float64Array.from([...early.reward, ...late.reward]),
    starts: Uint32Array.from([
      ...early.starts,
      ...late.starts.subarray(1).map((start) => start + early.rows),
    ]),
    trainSlates: early.starts.length - 1,
  });
  return { task, sessions: late.cluster };
}

const reciprocalsOn = (task: Task) => async (tool: Tool) =>
  ranked((await tool(task))[0], task, task.splits[0]).map((gains) => reciprocalRank(gains));

/** LambdaMART of small steps, as suits clicks. */
export async function onTrivago(): Promise<OnTrivago> {
  const { task, sessions } = trivagoTask();
  const reciprocals = reciprocalsOn(task);
  const options = { ...LEAF_WISE, maxLeaves: 15, lambda: 10, minChildRows: 50, rate: 0.05 };
  const mart = await reciprocals(ourLambdaMart(options, (label) => label));
  const peer = await reciprocals(
    pythonTool('lightgbm_scores', {
      ...LIGHTGBM,
      objective: 'lambdarank',
      num_leaves: options.maxLeaves,
      lambda_l2: options.lambda,
      min_data_in_leaf: options.minChildRows,
      learning_rate: options.rate,
    }),
  );
  return {
    lambdaMart: meanOf(mart),
    lightgbm: meanOf(peer),
    additive: meanOf(await reciprocals(ourAdditive('listwise', 10))),
    difference: clusteredMean(
      mart.map((value, i) => value - peer[i]),
      sessions,
    )!,
  };
}

/** Ours listwise, theirs by whether a hotel was clicked. MRR, and ours minus theirs clustered by session. */
export async function trivagoMlpBesideSklearn(
  peers: readonly MlpPeer[] = Object.keys(MLP_PEERS) as MlpPeer[],
): Promise<
  readonly { peer: MlpPeer; ours: number; theirs: number; difference: IntervalEstimate }[]
> {
  const { task, sessions } = trivagoTask();
  const reciprocals = reciprocalsOn(task);
  const ours = await reciprocals(ourMlp('listwise', (label) => label));
  const found = [];
  for (const peer of peers) {
    const theirs = await reciprocals(pythonTool('mlp_scores', { ...MLP_PEERS[peer], loss: 'log' }));
    const difference = clusteredMean(
      ours.map((value, i) => value - theirs[i]),
      sessions,
    )!;
    found.push({ peer, ours: meanOf(ours), theirs: meanOf(theirs), difference });
  }
  return found;
}
