import type { GuardrailSpec } from '../../../shared/domain/experiment.ts';
import type { CarryOverCheck, MultipleExposure } from './exposure-checks.ts';
import type { TestResult } from '../statistics/fixed-test.ts';
import type { Guardrail } from './guardrail.ts';
import type { Interleaving } from './interleaving.ts';
import type { Correction } from '../statistics/multiple-testing.ts';
import type { NoAnswer, Unit } from '../statistics/unavailable.ts';
import type { Novelty } from './novelty.ts';
import type { ResultData } from './result-data.ts';
import type { Segments } from './segments.ts';
import type { SrmCheck } from '../statistics/srm.ts';

/** What an experiment's statistics say, as plain JSON: its health first, then one comparison per treatment arm. */
export interface ExperimentReport {
  readonly experiment: string;
  readonly unit: Unit;
  readonly alpha: number;
  readonly correction: Correction;
  readonly minimumPerArm: number;
  readonly verdict: string;
  /** Why the numbers may not mean what they say, the gravest first; empty where nothing speaks against them. */
  readonly doubts: readonly string[];
  readonly arms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly units: number;
  }[];
  /** Its p-value is always valid. */
  readonly srm: SrmCheck | NoAnswer;
  readonly multipleExposure: MultipleExposure | NoAnswer;
  /**
   * Of the units that are left out as not a person's, as `srm` is of those that count: who they are is told from what they
   * did in their arm, so an arm that makes people look like machines would lose them. Absent where they were not counted.
   */
  readonly refused?: SrmCheck | NoAnswer;
  readonly carryOver: readonly ((CarryOverCheck | NoAnswer) & { readonly experiment: string })[];
  readonly comparisons: readonly Comparison[];
  /** Of an interleaved experiment, in place of comparisons. */
  readonly interleaving?: Interleaving | NoAnswer;
}

/** One treatment arm against the control. */
export interface Comparison {
  readonly control: string;
  readonly treatment: string;
  readonly verdict: Verdict;
  readonly metrics: readonly MetricReport[];
  /** Of the relative effects, always valid, all of them in all arms together at alpha. */
  readonly guardrails: readonly (GuardrailSpec & { readonly found: Guardrail | NoAnswer })[];
  /** Its intervals hold in all arms together; absent where no metric weights were given. */
  readonly resultData?: ResultData | NoAnswer;
  readonly segments: readonly (Segments & {
    readonly dimension: string;
    readonly metric: string;
  })[];
  readonly novelty: readonly { readonly metric: string; readonly found: Novelty | NoAnswer }[];
}

export interface Verdict {
  readonly kind:
    | 'not-enough-data'
    | 'in-doubt'
    | 'harmful'
    | 'better'
    | 'worse'
    | 'mixed'
    | 'undecided';
  readonly sentence: string;
}

export interface MetricReport {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly control: ArmFigure;
  readonly treatment: ArmFigure;
  readonly found: MetricAnswer | NoAnswer;
}

export interface ArmFigure {
  readonly units: number;
  /** Unadjusted; null where there are no units, or a denominator of 0. */
  readonly mean: number | null;
}

export interface MetricAnswer {
  readonly kind: 'answer';
  readonly absolute: Reading;
  readonly relative: Reading | NoAnswer;
  /** p-values of the difference that was asked for, corrected for all metrics × arms that have an answer. */
  readonly adjusted: { readonly fixed: number; readonly sequential: number };
  /** P(the treatment is better), flat prior. */
  readonly chanceToWin: number;
}

export interface Reading {
  readonly kind: 'reading';
  readonly estimate: number;
  readonly standardError: number;
  /** Welch's, of one look at a time fixed beforehand. */
  readonly fixed: TestResult;
  /** Always valid: may be read daily. */
  readonly sequential: TestResult;
}
