import { count, percent } from '../../../shared/text/text.ts';
import type { LearnerKind, Minimum } from './minimums.ts';

/** What a training set, or the log that is retained, holds. */
export interface DataFacts {
  readonly sessions: number;
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

/**
 * Whether a learner may be trusted with so much data; says what is missing, with how much there is.
 * @param facts of the training set, which must hold rewards. @param counted of all that is counted: a log that is long
 * enough stays so, though the training window be shorter or a day of it without traffic.
 */
export function checkEnoughData(
  learner: LearnerKind,
  facts: Pick<DataFacts, 'rewarded'>,
  counted: DataFacts,
  minimums: Readonly<Record<LearnerKind, Minimum>>,
): DataCheck {
  const own = minimums[learner];
  const { sessions = own.rankings, rankings, rewarded, clickRate, days, users } = own;
  const missing: string[] = [];
  const needs = (have: number, need: number, called: string) => {
    if (have < need) missing.push(`${count(have)} of ${count(need)} ${called}`);
  };
  needs(counted.sessions, sessions, 'sessions');
  needs(counted.rankings, rankings, 'rankings');
  needs(facts.rewarded, rewarded, 'rankings with a reward');
  if (counted.clickRate < clickRate)
    missing.push(`a click rate of ${percent(counted.clickRate)} of ${percent(clickRate)}`);
  needs(counted.days, days, 'days');
  needs(counted.users, users, 'users');
  return missing.length === 0 ? { enough: true } : { enough: false, missing };
}
