import type { Scorer } from '../../../../shared/score/scorer.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import type { CoveredTrees } from './covered-trees.ts';
import { explainModel, meanAbsoluteShap, type ShapMethod } from './explain-model.ts';
import { gainImportance, pointsVariance } from './gain-importance.ts';
import { permutationImportance } from './permutation-importance.ts';
import { sampleRewarded } from './sample-rows.ts';

/** Importance of a feature: the figure, and its share of the sum of all features' positive figures. */
export interface Importance {
  readonly raw: number;
  /** 0..1; the shares add up to 1, or are all 0 where no figure is positive. */
  readonly share: number;
}

export interface FeatureImportance {
  readonly feature: string;
  /** Sum of the gains of the splits; for additive scorers, the variance of the points; absent for other models. */
  readonly gain?: Importance;
  /** Decrease of NDCG@10 when the feature is permuted, with its 95 % interval. */
  readonly permutation: Importance & { readonly low: number; readonly high: number };
  /** Mean absolute Shapley value, in points. */
  readonly shap: Importance;
}

export interface ModelImportance {
  readonly shapMethod: ShapMethod;
  readonly gainIs?: 'gain of the splits' | "variance of the feature's points";
  /** In the order of the schema. */
  readonly features: readonly FeatureImportance[];
}

export interface ImportanceOptions {
  readonly seed: number;
  /** Number of rows for which Shapley values are computed. */
  readonly explainedRows?: number;
  /** Number of slates in which codes are permuted. */
  readonly permutedSlates?: number;
}

/**
 * Importance of each feature in three ways, which answer different questions. Gain: what the fit used. Permutation: how
 * much the ranking of unseen slates would lose. SHAP: what moves the scores, correctly or not.
 * @param train the training set. @param test slates that the model was not trained on.
 */
export function importanceOf(
  scorer: Scorer,
  covered: CoveredTrees | undefined,
  train: TrainingSet,
  test: TrainingSet,
  { seed, explainedRows = 256, permutedSlates = 1000 }: ImportanceOptions,
): ModelImportance {
  const names = scorer.schema.features.map(({ name }) => name);
  const gain =
    covered === undefined
      ? scorer.kind === 'additive' && pointsVariance(scorer, train)
      : gainImportance(covered, names.length);
  const falls = permutationImportance(scorer, sampleRewarded(test, permutedSlates, seed), { seed });
  const explainer = explainModel(scorer, covered, train, seed);
  const shap = meanAbsoluteShap(explainer, names.length, test, { seed, sampleRows: explainedRows });
  const gains = gain === false ? undefined : withShares(gain);
  const permutations = withShares(falls.map(({ mean }) => mean));
  const shaps = withShares(shap);
  return {
    shapMethod: explainer.method,
    ...(gains && {
      gainIs: covered === undefined ? "variance of the feature's points" : 'gain of the splits',
    }),
    features: names.map((feature, i) => ({
      feature,
      ...(gains && { gain: gains[i] }),
      permutation: { ...permutations[i], low: falls[i].low, high: falls[i].high },
      shap: shaps[i],
    })),
  };
}

/** Adds shares to figures. A negative figure, such as that of a misleading feature, has a share of 0. */
export function withShares(raw: ArrayLike<number>): Importance[] {
  const figures = Array.from(raw);
  const total = figures.reduce((sum, figure) => sum + Math.max(figure, 0), 0);
  return figures.map((figure) => ({
    raw: figure,
    share: total > 0 ? Math.max(figure, 0) / total : 0,
  }));
}
