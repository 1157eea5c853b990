import type { Schema } from '../../../../shared/features/schema.ts';
import type { ForestScorer, MlpScorer } from '../../../../shared/score/scorer.ts';
import type { Device } from '../device/device.ts';
import type { GrownTree } from '../device/tree-growers.ts';
import type { FitStep } from '../fit-step.ts';
import type { TrainingSet } from '../training-set.ts';

/** The additive first pass alone, or the first pass and one of three models that re-rank its best items. */
export const LEARNERS = ['additive', 'boosted', 'forest', 'mlp'] as const;
export type LearnerName = (typeof LEARNERS)[number];

/** Rows with log-odds that the learner has to take as given, one per row, such as the effect of the slot. */
export interface OffsetSet {
  readonly set: TrainingSet;
  readonly offset?: Float64Array;
}

export interface RerankFitOptions {
  readonly schema: Schema;
  readonly seed: number;
  /** Number of trees or epochs, where the fit should not stop early. */
  readonly rounds?: number;
  readonly device: Device;
  readonly onStep: (step: FitStep) => void;
}

/** A fitted model that re-ranks. Its scores are not on the scale of points yet. */
export interface FittedReranker {
  /** Trees or epochs after which the validation loss was least. */
  readonly rounds: number;
  /** Its trees, where it is made of trees, with the gain and cover of every node. */
  readonly trees?: readonly GrownTree[];
  /** Scores of all rows, without offsets, on the model's own scale. */
  scores(set: TrainingSet): Float64Array;
  /** The model as part of a scorer. @param points how many a score of 1 is worth. */
  part(points: number): Pick<ForestScorer, 'kind' | 'trees'> | Pick<MlpScorer, 'kind' | 'network'>;
}

/** Fits the model that re-ranks the best items of the first pass. */
export interface RerankLearner {
  /** @param validation stops the fit early; absent: `rounds` are needed. */
  fit(
    train: OffsetSet,
    validation: OffsetSet | undefined,
    options: RerankFitOptions,
  ): Promise<FittedReranker>;
}
