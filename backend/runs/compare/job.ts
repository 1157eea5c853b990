import type { DataFacts } from '../../log/training-set/enough-data.ts';
import type { TrainingJob } from '../train/job.ts';
import type {
  ComparisonStage,
  ModelComparison,
  ModelComparisonOptions,
} from '../../science/training/compare-models.ts';

/** What the comparing worker is told. Everything in it can be cloned across threads. */
export interface ComparisonJob
  extends
    Pick<TrainingJob, 'data' | 'window' | 'reward' | 'parent'>,
    Pick<ModelComparisonOptions, 'learners' | 'folds' | 'objective' | 'l2' | 'seed'> {}

export type ComparisonProgress =
  | { readonly phase: 'reading'; readonly slates: number }
  | ({ readonly phase: 'comparing' } & ComparisonStage);

export interface ComparisonResult {
  readonly report: ModelComparison;
  readonly counts: DataFacts;
  /** What is missing of the minimum, and was overruled by force. */
  readonly missing: readonly string[];
}
