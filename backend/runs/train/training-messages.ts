import type { TrainingData } from '../../log/training-set/collect.ts';
import type { DataFacts } from '../../log/training-set/enough-data.ts';
import type { FitStep } from '../../science/learn/fit-step.ts';
import type { Learned, LearnOptions } from '../../science/training/train-version.ts';
import type { Database } from '../../store/connect.ts';
import type { RunInput } from '../shell/run-input.ts';

/** What the training worker is sent. Everything in it can be cloned across threads. */
export interface TrainingInput
  extends
    RunInput,
    Pick<
      LearnOptions,
      | 'learner'
      | 'startFrom'
      | 'name'
      | 'l2'
      | 'method'
      | 'objective'
      | 'seed'
      | 'rules'
      | 'crosses'
    > {
  readonly quality: { readonly passed: boolean; readonly failures: readonly string[] };
  /** Where logged requests and the catalogue are read. */
  readonly database: Database;
}

/** Of the log, before persons and items are limited. */
export interface TrainingCounts extends DataFacts {
  /** That are learned from, with the limits. */
  readonly shownItems: number;
}

export type TrainingProgress =
  | { readonly phase: 'reading'; readonly slates: number }
  | {
      readonly phase: 'fitting';
      readonly counts: TrainingCounts;
      readonly curve: readonly FitStep[];
    };

export interface TrainingResult extends Learned {
  readonly counts: TrainingCounts;
  /** What counted too much. */
  readonly limited?: TrainingData['limited'];
  /** What is missing of the minimum data, where force learned without it. */
  readonly missing: readonly string[];
  /** What is missing of the recommended minimum, whatever the settings ask for. */
  readonly belowMinimums: readonly string[];
}
