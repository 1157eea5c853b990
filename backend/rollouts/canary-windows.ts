import type { RolloutDecision } from './rollout-decision.ts';
import type { RolloutState } from './rollout-evidence.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import { revisionsServing, type ServedArms } from '../experiments/served-arms.ts';
import { CHALLENGER, CHAMPION } from './rollout-rows.ts';
import { SHARE, type Stage } from './steps.ts';

/** A stage in which both the challenger and the champion were shown. */
export interface CanaryWindow {
  readonly stage: Stage;
  /** The challenger's, above 0 and below 1. */
  readonly share: number;
  /** Those of the pointer that had this share: whoever was first exposed under one of them belongs to the stage. */
  readonly revisions: readonly number[];
  /** Epoch ms, from ≤ t < to, for those of whose first exposure no revision is logged. */
  readonly from: number;
  readonly to: number;
}

/** What the challenger's canary counts, whatever its stage serves now. */
export const asSplit = (experiment: Experiment): Experiment => ({
  ...experiment,
  design: 'split',
  arms: [
    { name: CHALLENGER, weight: 1 },
    { name: CHAMPION, weight: 1 },
  ],
});

/** The revisions of the pointer that had the shares of a stage. */
export function revisionsOf(stage: Stage, served: readonly ServedArms[]): number[] {
  const share = SHARE[stage];
  const arms = [
    { name: CHALLENGER, weight: share },
    { name: CHAMPION, weight: 1 - share },
  ];
  return revisionsServing(served, { design: 'split', arms });
}

/**
 * The stages that a rollout has gone through. What no revision tells belongs to a stage by the clock, from `settleMs` after
 * its beginning, when every edge should assign sessions by the new share alone.
 * @param steps the decisions that changed the stage. @param settleMs how long edges may still use the pointer before.
 * @param served the arms of the rollout's experiment under every revision.
 */
export function canaryWindows(
  steps: readonly RolloutDecision[],
  state: RolloutState,
  nowMs: number,
  settleMs: number,
  served: readonly ServedArms[],
): CanaryWindow[] {
  return steps
    .map(({ next, atMs }, i): CanaryWindow => {
      const to = steps[i + 1]?.atMs ?? (state.stage === next.stage ? nowMs : atMs);
      const { stage } = next;
      const revisions = revisionsOf(stage, served);
      return { stage, share: SHARE[stage], revisions, from: atMs + settleMs, to };
    })
    .filter(
      ({ share, revisions, from, to }) =>
        share > 0 && share < 1 && (from < to || revisions.length > 0),
    );
}
