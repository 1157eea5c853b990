import type { Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { GateVerdict } from '../science/evaluation/gate-report.ts';
import type { GuardrailInterval } from '../science/evaluation/gate-evidence.ts';
import type { CanaryPlan, GainEvidence } from './gain.ts';
import type { Stage } from './steps.ts';

export interface RolloutState {
  readonly challenger: Version;
  /** Serves the rest of the traffic, and everybody once harm is shown. */
  readonly champion: Version;
  readonly stage: Stage;
  /** When the stage began, epoch ms. */
  readonly sinceMs: number;
  /** Whose lineage it is of; absent: the default one. */
  readonly placement?: string;
}

/** What commands about a lineage need besides a version. @param placement undefined: the default lineage. */
export const placementFlag = (placement: string | undefined): string =>
  placement === undefined ? '' : ` --placement ${placement}`;

/** Everything that a decision depends on, as plain JSON, so that a logged decision can be made again. */
export interface RolloutEvidence {
  /** What is live at the time of the decision. */
  readonly pointer: Pick<Pointer, 'champion' | 'hold' | 'by'> & {
    /** Who made the champion live, where this rollout did not expect it; absent in logs from before it was asked. */
    readonly madeLiveBy?: string;
  };
  /** The gate of the challenger against the champion. It decides until visitors are shown the challenger; then the guardrails do. */
  readonly gate?: GateVerdict;
  /** How many sessions the challenger ranked (in shadow: scored) since the stage began. */
  readonly sessions: number;
  /** Challenger against champion, one reading per metric, over the whole canary. */
  readonly guardrails: readonly GuardrailReading[];
  /** Why the figures may be wrong, such as a sample ratio mismatch. While there is any, no step forward is taken. */
  readonly doubts?: readonly string[];
  /** Absent before visitors are shown anything of it, and in logs from before a gain was asked for; so is `plan`. */
  readonly gain?: GainEvidence;
  readonly plan?: CanaryPlan;
  /** Since when every decision has found that an operator must decide, epoch ms. */
  readonly stuckSinceMs?: number;
  /** The challenger that waits behind this one. `isBetter`: by its gate its gain is larger, for certain. */
  readonly successor?: { readonly version: Version; readonly isBetter: boolean };
}

/**
 * The bounds must be a confidence sequence (Howard et al., Annals of Statistics 2021), because they are read at every
 * decision. The caller splits the error rate over the metrics.
 */
export type GuardrailReading =
  | GuardrailInterval
  | { readonly metric: string; readonly missing: string };
