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
 * (backfitting: Hastie & Tibshirani, 1990). With one column these are cell means shrunk to the grand mean.
 * @param target one value per row. @param rows the rows to train on.
 */
export function fitOneHot(
  columns: readonly OneHotColumn[],
  target: ArrayLike<number>,
  rows: ArrayLike<number>,
  l2: number,
): OneHotModel {
  let intercept = 0;
  for (let i = 0; i < rows.length; i++) intercept += target[rows[i]] / rows.length;
  const residual = Float64Array.from(rows, (row) => target[row] - intercept);
  const weights = columns.map(({ size }) => new Float64Array(size));
  const counts = columns.map(({ size, codes }) => {
    const count = new Float64Array(size);
    for (let i = 0; i < rows.length; i++) count[codes[rows[i]]]++;
    return count;
  });
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let [moved, length] = [0, 0];
    for (const [f, { codes, size }] of columns.entries()) {
      const sums = new Float64Array(size);
      for (let i = 0; i < rows.length; i++) sums[codes[rows[i]]] += residual[i];
      const step = sums.map((sum, code) => {
        const mass = counts[f][code] + l2;
        return mass === 0 ? 0 : (sum - l2 * weights[f][code]) / mass;
      });
      for (let i = 0; i < rows.length; i++) residual[i] -= step[codes[rows[i]]];
      for (let code = 0; code < size; code++) {
        weights[f][code] += step[code];
        moved += step[code] ** 2;
        length += weights[f][code] ** 2;
      }
    }
    if (columns.length === 1 || moved <= 1e-12 * length) break;
  }
  return { intercept, weights };
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
  let best: { error: number; models: OneHotModel[] } | undefined;
  for (const strength of l2) {
    const models = parts.map(({ train }) => fitOneHot(columns, reward, train, strength));
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
