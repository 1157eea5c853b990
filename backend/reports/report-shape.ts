import type { VersionFigures } from './versions-of-month.ts';

/** A month's comparison of models. Times are epoch ms, `to` is exclusive. */
export interface MonthlyReport {
  readonly month: string;
  readonly from: number;
  readonly to: number;
  /** False where the month was not over when the report was written; `to` is then that time. */
  readonly isOver: boolean;
  readonly createdAt: number;
  /** Versions that served at least one ranking; the one with the most first. */
  readonly versions: readonly ReportedVersion[];
  /** Which version was the champion at what time. */
  readonly live: readonly LiveSpan[];
  readonly evaluations: readonly EvaluationLine[];
  readonly runs: readonly RunLine[];
  readonly rollouts: readonly RolloutLine[];
  readonly experiments: readonly ExperimentLine[];
  readonly metricWeights: readonly MetricWeightsLine[];
  readonly alerts: readonly AlertLine[];
}

export interface ReportedVersion extends VersionFigures {
  /** Null where the version is not stored here. */
  readonly name: string | null;
  readonly kind: string | null;
}

export interface LiveSpan {
  readonly version: string;
  readonly from: number;
  readonly to: number;
  /** Who made it live, and by what action. */
  readonly by: string;
  readonly action: string;
}

export interface GateLine {
  readonly verdict: string;
  readonly reason: string;
}

export interface EvaluationLine {
  readonly version: string;
  readonly against: string;
  readonly at: number;
  readonly rankings: number;
  readonly gate: GateLine | null;
}

export interface RunLine {
  readonly id: string;
  readonly status: string;
  readonly version: string | null;
  readonly learner: string | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** What came of it in a sentence, or its error. */
  readonly outcome: string | null;
  readonly gate: GateLine | null;
}

export interface RolloutLine {
  readonly id: string;
  readonly challenger: string;
  readonly champion: string;
  readonly stage: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly steps: readonly {
    readonly at: number;
    readonly from: string;
    readonly to: string;
    readonly why: string;
  }[];
}

export interface ExperimentLine {
  readonly id: string;
  readonly name: string;
  readonly arms: readonly string[];
  readonly startedAt: number | null;
  readonly stoppedAt: number | null;
  /** Null where no report was made. */
  readonly verdict: string | null;
}

export interface MetricWeightsLine {
  readonly createdAt: number;
  readonly schemaName: string;
  readonly source: 'learned' | 'override';
  readonly method: string;
  readonly experimentId: string | null;
  readonly author: string;
  readonly reason: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly expiresAt: number | null;
}

export interface AlertLine {
  readonly kind: string;
  readonly key: string;
  readonly message: string;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
}
