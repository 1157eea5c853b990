import type { RolloutDecision, RolloutState } from './decide-rollout.ts';
import { SHARE, type Stage } from './steps.ts';

/** A stage in which both the challenger and the champion were shown. */
export interface CanaryWindow {
  readonly stage: Stage;
  /** The challenger's, above 0 and below 1. */
  readonly share: number;
  /** Epoch ms: from ≤ t < to. */
  readonly from: number;
  readonly to: number;
}

/**
 * The stages that a rollout has gone through. Each window starts `settleMs` late, when every edge assigns sessions by
 * the new share alone.
 * @param steps the decisions that changed the stage. @param settleMs how long edges may still use the pointer before.
 */
export function canaryWindows(
  steps: readonly RolloutDecision[],
  state: RolloutState,
  nowMs: number,
  settleMs: number,
): CanaryWindow[] {
  return steps
    .map(({ next, atMs }, i): CanaryWindow => {
      const to = steps[i + 1]?.atMs ?? (state.stage === next.stage ? nowMs : atMs);
      return { stage: next.stage, share: SHARE[next.stage], from: atMs + settleMs, to };
    })
    .filter(({ share, from, to }) => share > 0 && share < 1 && from < to);
}
