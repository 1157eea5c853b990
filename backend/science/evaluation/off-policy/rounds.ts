import { invalid } from '../../../../shared/domain/errors.ts';

/**
 * Logged rounds of one action each (the top slot), with the probabilities of the logging and of the evaluated policy.
 * All arrays have one entry per row.
 */
export interface LoggedRounds {
  readonly reward: ArrayLike<number>;
  /** π_b(aᵢ | xᵢ): the logging policy's probability of the logged action. */
  readonly pscore: ArrayLike<number>;
  /** π_e(aᵢ | xᵢ): the evaluated policy's probability of the logged action. */
  readonly evaluation: ArrayLike<number>;
  /** Predictions of a reward model, which DM and the doubly robust estimators need. */
  readonly model?: ModelledRewards;
  /** User or session of each row, by which intervals are clustered; without it every row is its own cluster. */
  readonly cluster?: ArrayLike<number>;
}

export interface ModelledRewards {
  /** q̂(xᵢ, aᵢ). */
  readonly logged: ArrayLike<number>;
  /** Σₐ π_e(a | xᵢ) q̂(xᵢ, a). */
  readonly expected: ArrayLike<number>;
}

/** Logged rounds with full tables over (action, position), as in the Open Bandit Pipeline. */
export interface ActionTables {
  readonly reward: ArrayLike<number>;
  readonly pscore: ArrayLike<number>;
  readonly action: ArrayLike<number>;
  /** 0-based; without it every row is at position 0. */
  readonly position?: ArrayLike<number>;
  readonly actions: number;
  readonly positions: number;
  /** π_e, `rows × actions × positions`, or `actions × positions` where it is the same for all rows. */
  readonly evaluation: ArrayLike<number>;
  /** q̂, of either shape. */
  readonly qHat?: ArrayLike<number>;
  readonly cluster?: ArrayLike<number>;
}

/**
 * Rounds from full tables: the probability of the logged action and the expected q̂ at each row's own position. The
 * expectation is divided by the sum of π_e at that position, as obp does.
 * @throws ApiError naming an array of the wrong length or an action or position out of range.
 */
export function roundsFromTables(tables: ActionTables): LoggedRounds {
  const { reward, pscore, action, position, actions, positions, evaluation, qHat, cluster } =
    tables;
  const rows = reward.length;
  const piAt = tableReader('evaluation', evaluation, rows, actions, positions);
  const qAt = qHat && tableReader('qHat', qHat, rows, actions, positions);
  const chosen = new Float64Array(rows);
  const [logged, expected] = [new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row++) {
    const [a, k] = [action[row], position === undefined ? 0 : position[row]];
    if (!(a >= 0 && a < actions && k >= 0 && k < positions)) {
      throw invalid(
        `row ${row}: action ${a} at position ${k} is outside the ${actions} × ${positions} tables`,
      );
    }
    chosen[row] = piAt(row, a, k);
    if (qAt === undefined) continue;
    logged[row] = qAt(row, a, k);
    let [sum, mass] = [0, 0];
    for (let other = 0; other < actions; other++) {
      const pi = piAt(row, other, k);
      sum += pi * qAt(row, other, k);
      mass += pi;
    }
    expected[row] = sum / mass;
  }
  const rounds = { reward, pscore, evaluation: chosen, ...(cluster && { cluster }) };
  return qHat === undefined ? rounds : { ...rounds, model: { logged, expected } };
}

function tableReader(
  name: string,
  table: ArrayLike<number>,
  rows: number,
  actions: number,
  positions: number,
): (row: number, action: number, position: number) => number {
  const size = actions * positions;
  if (table.length !== size && table.length !== rows * size) {
    throw invalid(
      `${name} holds ${table.length} numbers; give ${actions} actions × ${positions} positions = ${size}, or that for each of ${rows} rows`,
    );
  }
  const stride = table.length === size ? 0 : size;
  return (row, action, position) => table[row * stride + action * positions + position];
}

/** @throws ApiError naming the array that does not have one entry per row. */
export function checkLengths(rounds: LoggedRounds): void {
  const { reward, pscore, evaluation, model, cluster } = rounds;
  const arrays = {
    pscore,
    evaluation,
    'model.logged': model?.logged,
    'model.expected': model?.expected,
    cluster,
  };
  for (const [name, array] of Object.entries(arrays)) {
    if (array !== undefined && array.length !== reward.length)
      throw invalid(`${name} has ${array.length} entries for ${reward.length} rows of reward`);
  }
}

/** Importance weights `wᵢ = π_e(aᵢ | xᵢ) / π_b(aᵢ | xᵢ)`. */
export const importanceWeights = ({ pscore, evaluation }: LoggedRounds): Float64Array =>
  Float64Array.from(pscore, (p, row) => evaluation[row] / p);
