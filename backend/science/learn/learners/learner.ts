import type { Schema } from '../../../../shared/features/schema.ts';
import type { ForestScorer, MlpScorer } from '../../../../shared/score/scorer.ts';
import type { Device } from '../device/device.ts';
import type { GrownTree } from '../device/tree-growers.ts';
import type { FitStep } from '../fit-step.ts';
import type { TrainingSet } from '../training-set.ts';

/** What can be learned: the first pass alone, or it and what re-ranks its best. */
export const LEARNERS = ['additive', 'boosted', 'forest', 'mlp'] as const;
export type LearnerName = (typeof LEARNERS)[number];

/** Rows with log-odds that the learner must take as given, such as the pull of the slot: one per row. */
export interface OffsetSet {
  readonly set: TrainingSet;
  readonly offset?: Float64Array;
}

export interface RerankFitOptions {
  readonly schema: Schema;
  readonly seed: number;
  /** So many trees or epochs, instead of stopping early. */
  readonly rounds?: number;
  readonly device: Device;
  readonly onStep: (step: FitStep) => void;
}

/** What re-ranks, learned, before it has a scale. */
export interface FittedReranker {
  /** Trees or epochs after which the validation loss was least. */
  readonly rounds: number;
  /** What it adds up, where that is trees: with the gain and cover of every node. */
  readonly trees?: readonly GrownTree[];
  /** Of each row, offsets left out, in the learner's own scale. */
  scores(set: TrainingSet): Float64Array;
  /** @param points of a score of 1. */
  part(points: number): Pick<ForestScorer, 'kind' | 'trees'> | Pick<MlpScorer, 'kind' | 'network'>;
}

/** Learns what re-ranks the best of a first pass. */
export interface RerankLearner {
  /** @param validation stops the fit early; absent: `rounds` are needed. */
  fit(
    train: OffsetSet,
    validation: OffsetSet | undefined,
    options: RerankFitOptions,
  ): Promise<FittedReranker>;
}
