import type { DataFacts } from '../../log/training-set/enough-data.ts';
import type {
  ComparisonStage,
  ModelComparison,
  ModelComparisonOptions,
} from '../../science/training/compare-models.ts';
import type { RunInput } from '../shell/run-input.ts';

/** What the comparing worker is sent. Everything in it can be cloned across threads. */
export interface ComparisonInput
  extends
    RunInput,
    Pick<ModelComparisonOptions, 'learners' | 'folds' | 'objective' | 'l2' | 'seed' | 'crosses'> {}

export type ComparisonProgress =
  | { readonly phase: 'reading'; readonly slates: number }
  | ({ readonly phase: 'comparing' } & ComparisonStage);

export interface ComparisonResult {
  readonly report: ModelComparison;
  readonly counts: DataFacts;
  /** What is missing of the minimum data, where force compared without it. */
  readonly missing: readonly string[];
}
