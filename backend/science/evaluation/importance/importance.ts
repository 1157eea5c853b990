import type { Scorer } from '../../../../shared/score/scorer.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import type { CoveredTrees } from './covered-trees.ts';
import { explainModel, meanAbsoluteShap, type ShapMethod } from './explain-model.ts';
import { gainImportance, pointsVariance } from './gain-importance.ts';
import { permutationImportance } from './permutation-importance.ts';
import { sampleRewarded } from './sample-rows.ts';

/** What a feature is worth to a model: the figure itself, and its part of all features' figures above 0. */
export interface Importance {
  readonly raw: number;
  /** 0..1; all features' add up to 1, or are 0 where nothing counts. */
  readonly share: number;
}

export interface FeatureImportance {
  readonly feature: string;
  /** Sum over splits of twice the loss they saved; of additive weights, variance of the points. Absent: the model has neither. */
  readonly gain?: Importance;
  /** Fall of NDCG@10 without what the feature tells, with its 95 % interval. */
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
  /** Rows whose scores are shared out. */
  readonly explainedRows?: number;
  /** Slates in which codes are dealt out anew. */
  readonly permutedSlates?: number;
}

/**
 * Importance of each feature three ways. They answer different questions: gain, what the fit used; permutation, what
 * ranking unseen slates would lose; SHAP, what moves scores, rightly or not.
 * @param train what the model learned from @param test slates that it did not see.
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
      ? scorer.kind === 'additive' && pointsVariance(scorer.weights, train)
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

/** A figure below 0, such as of a feature that only misled, has a share of 0. */
export function withShares(raw: ArrayLike<number>): Importance[] {
  const figures = Array.from(raw);
  const total = figures.reduce((sum, figure) => sum + Math.max(figure, 0), 0);
  return figures.map((figure) => ({
    raw: figure,
    share: total > 0 ? Math.max(figure, 0) / total : 0,
  }));
}
