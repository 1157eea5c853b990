import { invalid } from '../../../../shared/domain/errors.ts';
import type { ModelledRewards } from './rounds.ts';

/**
 * Logged slates with the probability of each slot given the slots above it. Rows are slots; slate s covers
 * rows `starts[s] .. starts[s + 1] − 1`, from the first slot. The value to estimate is the sum of a slate's rewards.
 */
export interface LoggedSlates {
  readonly starts: Uint32Array;
  readonly reward: Float64Array;
  /** π_b(a_k | x, a₁ … a_{k−1}), as logged. */
  readonly pscore: Float64Array;
  /** π_e(a_k | x, a₁ … a_{k−1}). */
  readonly evaluation: Float64Array;
  /**
   * A model of the reward from this slot down under π_e, per row: `logged` = q̂_k(x, a₁ … a_k),
   * `expected` = Σₐ π_e(a | x, a₁ … a_{k−1}) q̂_k(x, a₁ … a_{k−1}, a). Cascade-DR needs it.
   */
  readonly model?: ModelledRewards;
  /** Session or user of each slate; without it every slate is its own cluster. */
  readonly cluster?: ArrayLike<number>;
}

/** @throws ApiError naming the array that does not fit `starts`. */
export function checkSlates(slates: LoggedSlates): void {
  const { starts, reward, pscore, evaluation, model, cluster } = slates;
  const rows = starts.at(-1) ?? 0;
  const arrays = {
    reward,
    pscore,
    evaluation,
    'model.logged': model?.logged,
    'model.expected': model?.expected,
  };
  for (const [name, array] of Object.entries(arrays)) {
    if (array !== undefined && array.length !== rows)
      throw invalid(`${name} has ${array.length} entries for ${rows} rows in the slates`);
  }
  if (cluster !== undefined && cluster.length !== starts.length - 1)
    throw invalid(`cluster has ${cluster.length} entries for ${starts.length - 1} slates`);
}

/**
 * The first `depth` slots of every slate. They are drawn before those below and do not depend on them, so the value is
 * then the reward of these slots, with shorter products of weights. The model is dropped, because it predicts the
 * deeper slots too.
 */
export function cutSlates(slates: LoggedSlates, depth: number): LoggedSlates {
  const kept: number[] = [];
  const starts = new Uint32Array(slates.starts.length);
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    const end = Math.min(slates.starts[slate] + depth, slates.starts[slate + 1]);
    for (let row = slates.starts[slate]; row < end; row++) kept.push(row);
    starts[slate + 1] = kept.length;
  }
  const pick = (array: Float64Array) => Float64Array.from(kept, (row) => array[row]);
  return {
    starts,
    reward: pick(slates.reward),
    pscore: pick(slates.pscore),
    evaluation: pick(slates.evaluation),
    ...(slates.cluster && { cluster: slates.cluster }),
  };
}

/** `w_{1:k} = Π_{j ≤ k} π_e(a_j | …) / π_b(a_j | …)` per row: the last row of a slate has the whole slate's weight. */
export function cascadeWeights({ starts, pscore, evaluation }: LoggedSlates): Float64Array {
  const weights = new Float64Array(pscore.length);
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    let weight = 1;
    for (let row = starts[slate]; row < starts[slate + 1]; row++) {
      weight *= evaluation[row] / pscore[row];
      weights[row] = weight;
    }
  }
  return weights;
}

/** Reward of each slate, all slots together. */
export function slateRewards({ starts, reward }: LoggedSlates): Float64Array {
  return Float64Array.from({ length: starts.length - 1 }, (_, slate) => {
    let sum = 0;
    for (let row = starts[slate]; row < starts[slate + 1]; row++) sum += reward[row];
    return sum;
  });
}

/** The rows at one 0-based slot, and the slate of each. */
export interface SlotRows {
  readonly slot: number;
  readonly rows: readonly number[];
  readonly slates: readonly number[];
}

export function rowsBySlot(starts: Uint32Array): SlotRows[] {
  const slots: { slot: number; rows: number[]; slates: number[] }[] = [];
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    for (let row = starts[slate]; row < starts[slate + 1]; row++) {
      const slot = row - starts[slate];
      slots[slot] ??= { slot, rows: [], slates: [] };
      slots[slot].rows.push(row);
      slots[slot].slates.push(slate);
    }
  }
  return slots;
}
