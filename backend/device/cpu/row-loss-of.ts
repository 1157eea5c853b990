import type { LabelledRows } from '../../science/learn/device/labelled-rows.ts';
import type { Objective } from '../../science/learn/device/objective.ts';
import type { KernelPool } from './pool.ts';
import {
  lambdaRank,
  listwise,
  lossBytes,
  pointwise,
  sortingBytes,
  type RowLoss,
} from './row-losses.ts';

/** The loss of each row or slate, its scores at the rows' base. */
export function rowLossOf(pool: KernelPool, rows: LabelledRows, objective: Objective): RowLoss {
  const loss = emptyLossOf(pool, rows, objective);
  if (rows.base !== undefined) pool.f64(loss.scores, rows.rows).set(rows.base);
  return loss;
}

/** Bytes that it allocates. */
export function rowLossBytes(
  { rows, starts }: LabelledRows,
  objective: Objective,
  threads: number,
): number {
  const sorting = typeof objective === 'object' && starts ? sortingBytes(starts, threads) : 0;
  return lossBytes(rows, starts?.length) + sorting;
}

function emptyLossOf(
  pool: KernelPool,
  { reward, starts, outside }: LabelledRows,
  objective: Objective,
) {
  if (objective === 'squared') return pointwise(pool, 'squared', reward);
  if (objective === 'logistic') return logistic(pool, reward);
  if (starts === undefined)
    throw new TypeError('an objective over slates needs them: give `starts`');
  if (objective === 'softmax') return listwise(pool, reward, starts, outside);
  return lambdaRank(pool, reward, starts, objective.lambdaRank);
}

/** Rewards of 0 and 1 are labels; others are the weights of rows whose label is 1. */
function logistic(pool: KernelPool, reward: Float64Array): RowLoss {
  let row = 0;
  while (row < reward.length && (reward[row] === 0 || reward[row] === 1)) row++;
  if (row === reward.length) return pointwise(pool, 'logistic', reward);
  const clicked = Float32Array.from(reward, (earned) => (earned > 0 ? 1 : 0));
  const weight = Float32Array.from(reward, (earned) => (earned > 0 ? earned : 1));
  return pointwise(pool, 'logistic', clicked, weight);
}
