import type { Scorer } from '../../../shared/score/scorer.ts';
import type { RolloutMode } from '../../rollouts/settings.ts';
import type { FitMethod } from '../../science/learn/fit-method.ts';
import type { LearnerName } from '../../science/learn/learners/learner.ts';
import type { RunSource } from '../shell/run-source.ts';

/** A training run, with every default filled in. */
export interface TrainingRequest extends RunSource {
  /** The version to start from in place of the parent; the new version must still beat the parent. */
  readonly startFrom?: Scorer;
  readonly name: string;
  readonly learner: LearnerName;
  /** Of the first pass. */
  readonly method?: FitMethod;
  /** False: the version is stored, and the pointer stays. */
  readonly publish: boolean;
  readonly rollout?: RolloutMode;
}
