import type { ModelledRewards } from './rounds.ts';
import { reorderProbabilities, type Exploration, type LoggedDraw } from './policy-probabilities.ts';
import {
  FOLDS,
  fitOneHot,
  foldsByCluster,
  predictOneHot,
  type OneHotColumn,
} from './reward-model.ts';
import type { LoggedSlates } from './slates.ts';

/** A logged ranking with the evaluated scorer's points for the items shown; arrays have one entry per slot. */
export interface RescoredRanking {
  readonly draw: LoggedDraw;
  readonly reward: ArrayLike<number>;
  /** The evaluated scorer's points. */
  readonly points: readonly number[];
  /** `slots × F`, as logged. */
  readonly codes: Uint8Array;
  readonly cluster: number;
}

export interface ReorderedSlates extends LoggedSlates {
  readonly cluster: Uint32Array;
  /** π_e of the remaining items, as in `Reordering.choices`; those of slate s start at `choiceStarts[s]`. */
  readonly choices: Float64Array;
  readonly choiceStarts: Uint32Array;
  readonly features: number;
  /** Feature-major: `codes[feature * rows + row]`. */
  readonly codes: Uint8Array;
  /** The reasons for leaving out rankings, with their number. */
  readonly refused: readonly { readonly reason: string; readonly rankings: number }[];
}

/**
 * Logged rankings as slates for the estimators: the evaluated policy reorders the first `depth` items shown (see
 * `reorderProbabilities`), and the value is the reward of these slots.
 * @param exploration of the evaluated policy.
 */
export function reorderedSlates(
  rankings: readonly RescoredRanking[],
  depth: number,
  exploration: Exploration,
): ReorderedSlates {
  const refusals = new Map<string, number>();
  const known = rankings.flatMap((ranking) => {
    const order = reorderProbabilities(ranking.draw, depth, ranking.points, exploration);
    if (order.kind === 'known') return [{ ranking, order }];
    refusals.set(order.reason, (refusals.get(order.reason) ?? 0) + 1);
    return [];
  });
  const starts = new Uint32Array(known.length + 1);
  const choiceStarts = new Uint32Array(known.length + 1);
  known.forEach(({ order }, slate) => {
    starts[slate + 1] = starts[slate] + order.pscore.length;
    choiceStarts[slate + 1] = choiceStarts[slate] + order.choices.length;
  });
  const rows = starts[known.length];
  const first = rankings[0];
  const features = first === undefined ? 0 : first.codes.length / first.reward.length;
  const [reward, pscore, evaluation] = [0, 0, 0].map(() => new Float64Array(rows));
  const choices = new Float64Array(choiceStarts[known.length]);
  const codes = new Uint8Array(features * rows);
  known.forEach(({ ranking, order }, slate) => {
    pscore.set(order.pscore, starts[slate]);
    evaluation.set(order.evaluation, starts[slate]);
    choices.set(order.choices, choiceStarts[slate]);
    for (let slot = 0; slot < order.pscore.length; slot++) {
      reward[starts[slate] + slot] = ranking.reward[slot];
      for (let f = 0; f < features; f++)
        codes[f * rows + starts[slate] + slot] = ranking.codes[slot * features + f];
    }
  });
  return {
    starts,
    reward,
    pscore,
    evaluation,
    cluster: Uint32Array.from(known, ({ ranking }) => ranking.cluster),
    choices,
    choiceStarts,
    features,
    codes,
    refused: [...refusals].map(([reason, count]) => ({ reason, rankings: count })),
  };
}

/**
 * Cross-fitted q̂_k for Cascade-DR: one ridge regression per slot on the item's codes, from the last slot up, with
 * target `r_k + Σₐ π_e(a | …) q̂_{k+1}(a)` (Kiyohara et al., WSDM 2022, section 3.2; obp `SlateRegressionModel`).
 */
export function crossFitSlates(
  slates: ReorderedSlates,
  { folds = FOLDS, l2 = 10 }: { folds?: number; l2?: number } = {},
): ModelledRewards {
  const { starts, reward, codes, features, cluster } = slates;
  const rows = reward.length;
  const columns: OneHotColumn[] = Array.from({ length: features }, (_, f) => ({
    size: 256,
    codes: codes.subarray(f * rows, (f + 1) * rows),
  }));
  const count = starts.length - 1;
  const foldOf = foldsByCluster(cluster, count, folds);
  const longest = starts.reduce(
    (max, start, s) => Math.max(max, s === 0 ? 0 : start - starts[s - 1]),
    0,
  );
  const [logged, expected, target] = [0, 0, 0].map(() => new Float64Array(rows));
  for (let fold = 0; fold < folds; fold++) {
    // Expected reward below the current slot, per slate, by this fold's model.
    const below = new Float64Array(count);
    for (let slot = longest - 1; slot >= 0; slot--) {
      const train: number[] = [];
      for (let slate = 0; slate < count; slate++) {
        const row = starts[slate] + slot;
        if (row >= starts[slate + 1]) continue;
        target[row] = reward[row] + below[slate];
        if (foldOf[slate] !== fold) train.push(row);
      }
      const model = fitOneHot(columns, target, train, l2);
      const predict = (row: number) => predictOneHot(model, (column) => columns[column].codes[row]);
      for (let slate = 0; slate < count; slate++) {
        const row = starts[slate] + slot;
        const end = starts[slate + 1];
        if (row >= end) continue;
        let expectedReward = 0;
        let choice = slates.choiceStarts[slate] + choicesAbove(end - starts[slate], slot);
        for (let left = row; left < end; left++)
          expectedReward += slates.choices[choice++] * predict(left);
        below[slate] = expectedReward;
        if (foldOf[slate] !== fold) continue;
        logged[row] = predict(row);
        expected[row] = expectedReward;
      }
    }
  }
  return { logged, expected };
}

/** Number of entries in `choices` for the slots above: m + (m − 1) + …. */
const choicesAbove = (size: number, slot: number): number => slot * size - (slot * (slot - 1)) / 2;
