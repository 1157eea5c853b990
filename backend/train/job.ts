import type { AdditiveScorer } from '../../shared/score/scorer.ts';
import type { FitStep } from './fit-additive.ts';
import type { Learned } from './learn-additive.ts';
import type { TrainingWindow } from './read-training-set.ts';

/** What the training worker is told. Everything in it can be cloned across threads. */
export interface TrainingJob {
  readonly database: { readonly url: string; readonly authToken?: string };
  readonly parent: AdditiveScorer;
  readonly window: TrainingWindow;
  /** Event type → reward. */
  readonly reward: Readonly<Record<string, number>>;
  readonly name: string;
  readonly l2?: number;
}

export interface TrainingCounts {
  readonly rankings: number;
  readonly rewarded: number;
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
}
