import { finalUnits } from '../../../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../../../shared/score/scorer.ts';
import { firstSlotProbabilities } from './policy-probabilities.ts';
import {
  FOLDS,
  fitOneHot,
  foldsByCluster,
  predictOneHot,
  type OneHotColumn,
} from './reward-model.ts';
import type { LoggedRounds } from './rounds.ts';

/** The first slot of a logged ranking, with the codes of all that competed for it. */
export interface PooledRanking {
  /** `candidates × F`. */
  readonly codes: Uint8Array;
  /** Index of the candidate that was shown. */
  readonly shown: number;
  /** Its logged propensity. */
  readonly propensity: number;
  readonly reward: number;
  readonly cluster: number;
}

const RIDGE = 10;

/**
 * The first slots of rankings as rounds for the top-slot estimators: the evaluated policy may show any of the candidates, so
 * its probability of the one that was shown, and the reward that a model expects of what it would show, are exact. The
 * model is a cross-fitted ridge regression on the codes of the shown items (`crossFitRewards`); where it is wrong about items
 * that were seldom shown, the logged propensities correct it (doubly robust: Dudik, Langford & Li, ICML 2011).
 */
export function poolRounds(rankings: readonly PooledRanking[], evaluated: Scorer): LoggedRounds {
  const { schema, exploration } = evaluated;
  const features = schema.features.length;
  const rows = rankings.length;
  const reward = Float64Array.from(rankings, (ranking) => ranking.reward);
  const cluster = Uint32Array.from(rankings, (ranking) => ranking.cluster);
  const columns: OneHotColumn[] = Array.from({ length: features }, (_, f) => ({
    size: 256,
    codes: Uint8Array.from(rankings, ({ codes, shown }) => codes[shown * features + f]),
  }));
  const foldOf = foldsByCluster(cluster, rows, FOLDS);
  const models = Array.from({ length: FOLDS }, (_, fold) => {
    const others = Uint32Array.from(foldOf.keys()).filter((row) => foldOf[row] !== fold);
    return fitOneHot(columns, reward, others, RIDGE);
  });
  const [evaluation, logged, expected] = [0, 0, 0].map(() => new Float64Array(rows));
  rankings.forEach(({ codes, shown }, row) => {
    const points = Array.from({ length: codes.length / features }, (_, candidate) =>
      toPoints(finalUnits(evaluated, codes, candidate * features)),
    );
    const pool = [...points.keys()]
      .toSorted((a, b) => points[b] - points[a])
      .slice(0, exploration.poolSize);
    const probabilities = firstSlotProbabilities(
      pool.map((candidate) => points[candidate]),
      exploration,
    );
    const predict = (candidate: number) =>
      predictOneHot(models[foldOf[row]], (f) => codes[candidate * features + f]);
    pool.forEach((candidate, at) => {
      const probability = probabilities[at];
      if (candidate === shown) evaluation[row] = probability;
      expected[row] += probability * predict(candidate);
    });
    logged[row] = predict(shown);
  });
  return {
    reward,
    pscore: Float64Array.from(rankings, ({ propensity }) => propensity),
    evaluation,
    model: { logged, expected },
    cluster,
  };
}
