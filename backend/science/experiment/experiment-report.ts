import type { GuardrailSpec } from '../../../shared/domain/experiment.ts';
import type { CarryOverCheck, MultipleExposure } from './exposure-checks.ts';
import type { TestResult } from '../statistics/fixed-test.ts';
import type { GuardrailTest } from './guardrail.ts';
import type { Interleaving } from './interleaving.ts';
import type { Correction } from '../statistics/multiple-testing.ts';
import type { Unavailable, Unit } from '../statistics/unavailable.ts';
import type { Novelty } from './novelty.ts';
import type { ResultData } from './result-data.ts';
import type { Segments } from './segments.ts';
import type { OpenInterval } from '../statistics/relative-interval.ts';
import type { SrmCheck } from '../statistics/srm.ts';

/** The analysis of an experiment, as plain JSON: checks of its validity, then one comparison per treatment arm. */
export interface ExperimentReport {
  readonly experiment: string;
  readonly unit: Unit;
  readonly alpha: number;
  readonly correction: Correction;
  readonly minimumPerArm: number;
  readonly verdict: string;
  /** Reasons to distrust the figures, as sentences, the most serious first; empty where there are none. */
  readonly doubts: readonly string[];
  readonly arms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly units: number;
  }[];
  /** Sample ratio mismatch, with an always-valid p-value. */
  readonly srm: SrmCheck | Unavailable;
  readonly multipleExposure: MultipleExposure | Unavailable;
  /**
   * Sample ratio mismatch among the units left out as bots. Bots are recognised by what they did in their arm, so an
   * arm that makes people look like bots would lose them. Absent where they were not counted.
   */
  readonly refused?: SrmCheck | Unavailable;
  readonly carryOver: readonly ((CarryOverCheck | Unavailable) & { readonly experiment: string })[];
  readonly comparisons: readonly ArmComparison[];
  /** For an interleaved experiment, instead of comparisons. */
  readonly interleaving?: Interleaving | Unavailable;
}

/** One treatment arm against the control. */
export interface ArmComparison {
  readonly control: string;
  readonly treatment: string;
  readonly verdict: Verdict;
  readonly metrics: readonly MetricReport[];
  /** Always-valid tests of the relative effects; alpha holds for all guardrails of all arms together. */
  readonly guardrails: readonly (GuardrailSpec & { readonly found: GuardrailTest | Unavailable })[];
  /** Its intervals hold for all arms together; absent where no metric weights were given. */
  readonly resultData?: ResultData | Unavailable;
  readonly segments: readonly (Segments & {
    readonly dimension: string;
    readonly metric: string;
  })[];
  readonly novelty: readonly { readonly metric: string; readonly found: Novelty | Unavailable }[];
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
  readonly found: MetricEstimates | Unavailable;
}

export interface ArmFigure {
  readonly units: number;
  /** Unadjusted mean; null without units, or where the denominator is 0. */
  readonly mean: number | null;
}

/** The effects on one metric. */
export interface MetricEstimates {
  readonly kind: 'answer';
  readonly absolute: TestedEffect;
  readonly relative: RelativeReading | Unavailable;
  /** P-values of the chosen difference, adjusted over all metrics of all arms that have an estimate. */
  readonly adjusted: { readonly fixed: number; readonly sequential: number };
  /** Posterior probability that the treatment is better, with a flat prior. */
  readonly chanceToWin: number;
}

/** A relative effect with its tests, as shares of the control's mean. */
export interface RelativeReading {
  readonly kind: 'reading';
  readonly estimate: number;
  /** By the delta method, which is too small where the metric is rare; the intervals do not use it. */
  readonly standardError: number;
  /** Valid for a single look at a time fixed in advance. */
  readonly fixed: RelativeTest;
  /** Always valid. */
  readonly sequential: RelativeTest;
}

/**
 * P-value of no effect, and Fieller's interval. An effect may be known to be there while its size is not bounded.
 */
export interface RelativeTest extends OpenInterval {
  readonly pValue: number;
}

/** An effect with its tests. */
export interface TestedEffect {
  readonly kind: 'reading';
  readonly estimate: number;
  readonly standardError: number;
  /** Welch's t test, valid for a single look at a time fixed in advance. */
  readonly fixed: TestResult;
  /** Always-valid test, which may be read daily. */
  readonly sequential: TestResult;
}
