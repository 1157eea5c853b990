import type { TrainingWindow } from '../../log/training-set/collect.ts';
import type { DataFacts } from '../../log/training-set/enough-data.ts';
import type { TrainingSource } from '../../log/training-set/read-training-data.ts';
import type { FitStep } from '../../science/learn/fit-step.ts';
import type { Learned, LearnOptions } from '../../science/training/train-version.ts';

/** What the training worker is told. Everything in it can be cloned across threads. */
export interface TrainingJob extends Pick<
  LearnOptions,
  'learner' | 'parent' | 'startFrom' | 'name' | 'l2' | 'method' | 'objective' | 'seed'
> {
  readonly data: TrainingSource;
  readonly quality: { readonly passed: boolean; readonly failures: readonly string[] };
  readonly window: TrainingWindow;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
}

export interface TrainingCounts extends DataFacts {
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
  /** What is missing of the minimum, and was overruled by force. */
  readonly missing: readonly string[];
}
