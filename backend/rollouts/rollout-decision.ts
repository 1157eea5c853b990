import type { Version } from '../../shared/domain/ids.ts';
import type { RolloutEvidence, RolloutState } from './rollout-evidence.ts';
import type { RolloutRules } from './settings.ts';
import type { Stage } from './steps.ts';

export type RolloutAction =
  /** `wait`: nothing changes; `keep off`: nothing of this rollout may touch the pointer. */
  | { readonly do: 'wait' | 'keep off' }
  | { readonly do: 'score in shadow' }
  | { readonly do: 'show'; readonly share: number }
  /** The slates of this share of the sessions are drafted from both versions. */
  | { readonly do: 'interleave'; readonly share: number }
  | { readonly do: 'promote'; readonly version: Version }
  /** Everybody gets the version `to`; the challenger is neither shown nor scored. */
  | { readonly do: 'withdraw'; readonly to: Version };

/** A decision with everything it depends on: `decideRollout(from, evidence, atMs, rules)` makes it again. */
export interface RolloutDecision {
  readonly from: RolloutState;
  readonly evidence: RolloutEvidence;
  readonly atMs: number;
  readonly rules: RolloutRules;
  readonly next: RolloutState;
  readonly action: RolloutAction;
  /** A sentence. */
  readonly why: string;
  /** Who must decide what, where it waits for something that time alone will not bring. */
  readonly stuck?: string;
}

/** What one decision comes to. */
export interface StageOutcome {
  readonly stage: Stage;
  readonly action: RolloutAction;
  readonly why: string;
  readonly stuck?: string;
}

export const withdrawn = (to: Version, why: string): StageOutcome => ({
  stage: 'withdrawn',
  action: { do: 'withdraw', to },
  why,
});
