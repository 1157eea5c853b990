import { count, percent } from '../../../shared/text/text.ts';
import type { LearnerKind, Minimum } from './minimums.ts';

/** What a training set holds. */
export interface DataFacts {
  readonly rankings: number;
  /** Rankings in which some item has a reward. */
  readonly rewarded: number;
  /** Share of rankings with a click. */
  readonly clickRate: number;
  readonly days: number;
  readonly users: number;
}

export type DataCheck =
  | { readonly enough: true }
  /** `3,214 of 10,000 rankings`. */
  | { readonly enough: false; readonly missing: readonly string[] };

/** Whether a learner may be trusted with so much data; says what is missing, with how much there is. */
export function checkEnoughData(
  learner: LearnerKind,
  facts: DataFacts,
  minimums: Readonly<Record<LearnerKind, Minimum>>,
): DataCheck {
  const least = minimums[learner];
  const missing: string[] = [];
  const needs = (name: 'rankings' | 'rewarded' | 'days' | 'users', called: string) => {
    if (facts[name] < least[name])
      missing.push(`${count(facts[name])} of ${count(least[name])} ${called}`);
  };
  needs('rankings', 'rankings');
  needs('rewarded', 'rankings with a reward');
  if (facts.clickRate < least.clickRate)
    missing.push(`a click rate of ${percent(facts.clickRate)} of ${percent(least.clickRate)}`);
  needs('days', 'days');
  needs('users', 'users');
  return missing.length === 0 ? { enough: true } : { enough: false, missing };
}
