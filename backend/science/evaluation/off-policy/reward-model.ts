import { roundsFromTables, type ActionTables, type LoggedRounds } from './rounds.ts';

/** One categorical column, 0-based codes under `size`. */
export interface OneHotColumn {
  readonly size: number;
  readonly codes: ArrayLike<number>;
}

export interface OneHotModel {
  readonly intercept: number;
  /** Per column, per code. */
  readonly weights: readonly Float64Array[];
}

const MAX_SWEEPS = 100;

/**
 * Ridge regression on one-hot columns, `min Σ (y − μ − Σ_f w_f[code])² + l2 Σ w²`, by cyclic coordinate descent
 * (backfitting: Hastie & Tibshirani, 1990). With one column these are cell means shrunk to the grand mean. The rows are read
 * once, for how often two codes come together; a sweep then costs the square of the number of codes that occur, however many
 * rows there are.
 * @param target one value per row. @param rows the rows to train on.
 */
export function fitOneHot(
  columns: readonly OneHotColumn[],
  target: ArrayLike<number>,
  rows: ArrayLike<number>,
  l2: number,
): OneHotModel {
  return fitFrom(normalEquations(columns, target, rows), l2);
}

/** What a ridge regression needs of its rows, whatever the penalty. Only codes that occur are counted. */
interface NormalEquations {
  readonly intercept: number;
  readonly columns: readonly CodesInUse[];
  /** `together[f][g][code of f × codes of g + code of g]`: rows with both codes, for g < f, by their number among those in use. */
  readonly together: readonly (readonly Float64Array[])[];
}

interface CodesInUse {
  /** How many codes the column may have. */
  readonly size: number;
  /** Those that occur. */
  readonly codes: readonly number[];
  /** Per code in use: rows, and the sum of their targets less the intercept. */
  readonly counts: Float64Array;
  readonly sums: Float64Array;
}

function normalEquations(
  columns: readonly OneHotColumn[],
  target: ArrayLike<number>,
  rows: ArrayLike<number>,
): NormalEquations {
  let intercept = 0;
  for (let i = 0; i < rows.length; i++) intercept += target[rows[i]] / rows.length;
  const numbered = columns.map((column) => numberCodes(column, rows));
  const inUse = numbered.map(({ codes, numbers }, f): CodesInUse => {
    const [counts, sums] = [codes, codes].map(({ length }) => new Float64Array(length));
    numbers.forEach((number, i) => {
      counts[number]++;
      sums[number] += target[rows[i]] - intercept;
    });
    return { size: columns[f].size, codes, counts, sums };
  });
  const together = numbered.map(({ codes, numbers }, f) =>
    numbered.slice(0, f).map((other) => {
      const pairs = new Float64Array(codes.length * other.codes.length);
      for (let i = 0; i < numbers.length; i++)
        pairs[numbers[i] * other.codes.length + other.numbers[i]]++;
      return pairs;
    }),
  );
  return { intercept, columns: inUse, together };
}

/** The codes that occur in these rows, and for each row the number of its code among them. */
function numberCodes({ size, codes }: OneHotColumn, rows: ArrayLike<number>) {
  const numberOf = new Int32Array(size).fill(-1);
  const inUse: number[] = [];
  const numbers = Uint32Array.from(rows, (row) => {
    const code = codes[row];
    if (numberOf[code] < 0) numberOf[code] = inUse.push(code) - 1;
    return numberOf[code];
  });
  return { codes: inUse, numbers };
}

function fitFrom({ intercept, columns, together }: NormalEquations, l2: number): OneHotModel {
  const weights = columns.map(({ counts }) => new Float64Array(counts.length));
  /** Per column and code, the sum of what is not explained yet. */
  const left = columns.map(({ sums }) => sums.slice());
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let [moved, length] = [0, 0];
    columns.forEach(({ counts }, f) => {
      for (let code = 0; code < counts.length; code++) {
        const step = (left[f][code] - l2 * weights[f][code]) / (counts[code] + l2);
        if (step !== 0) explain(f, code, step);
        weights[f][code] += step;
        moved += step ** 2;
        length += weights[f][code] ** 2;
      }
    });
    if (columns.length === 1 || moved <= 1e-12 * length) break;
  }
  return {
    intercept,
    weights: columns.map(({ size, codes }, f) => spread(weights[f], codes, size)),
  };

  function explain(f: number, code: number, step: number): void {
    left[f][code] -= columns[f].counts[code] * step;
    for (let g = 0; g < f; g++) {
      const others = left[g];
      const [pairs, from] = [together[f][g], code * others.length];
      for (let other = 0; other < others.length; other++)
        others[other] -= pairs[from + other] * step;
    }
    for (let g = f + 1; g < left.length; g++) {
      const [others, pairs, stride] = [left[g], together[g][f], left[f].length];
      for (let other = 0; other < others.length; other++)
        others[other] -= pairs[other * stride + code] * step;
    }
  }
}

/** Weights by code, 0 for codes that do not occur. */
function spread(weights: Float64Array, codes: readonly number[], size: number): Float64Array {
  const all = new Float64Array(size);
  codes.forEach((code, i) => (all[code] = weights[i]));
  return all;
}

export const predictOneHot = (
  { intercept, weights }: OneHotModel,
  code: (column: number) => number,
): number => weights.reduce((sum, own, column) => sum + own[code(column)], intercept);

/** A categorical feature of the reward model, a code that depends on row and action. */
export interface RewardFeature {
  readonly size: number;
  readonly at: (row: number, action: number) => number;
}

export interface CrossFitOptions {
  readonly folds?: number;
  /** Ridge penalties to choose from, by the out-of-fold squared error. */
  readonly l2?: readonly number[];
}

export const FOLDS = 5;
const RIDGES = [1, 10, 100, 1000];

/**
 * Cross-fitted reward model: q̂ of a row is fitted on all other folds, so that no row's reward influences its own
 * prediction (Chernozhukov et al., Econometrics Journal 2018). The intervals of DR and DM require this. Rows of one
 * cluster are in the same fold.
 */
export function crossFitRewards(
  tables: ActionTables,
  features: readonly RewardFeature[],
  { folds = FOLDS, l2 = RIDGES }: CrossFitOptions = {},
): LoggedRounds & { readonly model: NonNullable<LoggedRounds['model']> } {
  const { reward, action, actions, positions } = tables;
  const columns = features.map(({ size, at }) => ({
    size,
    codes: Uint32Array.from({ length: reward.length }, (_, row) => at(row, action[row])),
  }));
  const foldOf = foldsByCluster(tables.cluster, reward.length, folds);
  const parts = Array.from({ length: folds }, (_, fold) => splitRows(foldOf, fold));
  const equations = parts.map(({ train }) => normalEquations(columns, reward, train));
  let best: { error: number; models: OneHotModel[] } | undefined;
  for (const strength of l2) {
    const models = equations.map((own) => fitFrom(own, strength));
    let error = 0;
    parts.forEach(({ held }, fold) => {
      for (const row of held) {
        const predicted = predictOneHot(models[fold], (column) => columns[column].codes[row]);
        error += (reward[row] - predicted) ** 2;
      }
    });
    if (best === undefined || error < best.error) best = { error, models };
  }
  const models = best!.models;
  const predict = (row: number, a: number) =>
    predictOneHot(models[foldOf[row]], (column) => features[column].at(row, a));
  const logged = new Float64Array(reward.length);
  const expected = new Float64Array(reward.length);
  const whole = tables.evaluation.length !== actions * positions;
  for (let row = 0; row < reward.length; row++) {
    logged[row] = predict(row, action[row]);
    const position = tables.position?.[row] ?? 0;
    let [sum, mass] = [0, 0];
    for (let a = 0; a < actions; a++) {
      const at = (whole ? row * actions * positions : 0) + a * positions + position;
      sum += tables.evaluation[at] * predict(row, a);
      mass += tables.evaluation[at];
    }
    expected[row] = sum / mass;
  }
  return { ...roundsFromTables({ ...tables, qHat: undefined }), model: { logged, expected } };
}

/** The fold of each row: clusters are assigned to folds in turn, in order of first appearance. */
export function foldsByCluster(
  cluster: ArrayLike<number> | undefined,
  rows: number,
  folds: number,
): Uint32Array {
  const seen = new Map<number, number>();
  return Uint32Array.from({ length: rows }, (_, row) => {
    const id = cluster === undefined ? row : cluster[row];
    if (!seen.has(id)) seen.set(id, seen.size);
    return seen.get(id)! % folds;
  });
}

function splitRows(foldOf: Uint32Array, fold: number): { train: number[]; held: number[] } {
  const [train, held]: [number[], number[]] = [[], []];
  foldOf.forEach((own, row) => (own === fold ? held : train).push(row));
  return { train, held };
}
