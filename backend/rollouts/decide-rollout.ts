import { followOps } from './follow-ops.ts';
import type { RolloutDecision } from './rollout-decision.ts';
import type { RolloutEvidence, RolloutState } from './rollout-evidence.ts';
import { DEFAULT_ROLLOUT_RULES, type RolloutRules } from './settings.ts';
import { stepForward } from './step-forward.ts';
import { withdrawForHarm } from './withdraw-for-harm.ts';

/**
 * One decision of a rollout, as a pure function that is called once per decision interval. In this order: moves of the
 * pointer by ops come first; harm that is shown withdraws the challenger at once; a test that is unlikely to show a gain is
 * given up; a rollout that stands still gives way to one that waits; else it goes one step forward if time, sessions, gate,
 * guardrails and gain allow it.
 *
 * A challenger that is no better by either reading of the gain becomes champion only where the lower bound of one of two
 * confidence sequences lies above the truth at some time: with probability ≤ α/4 each, α of all guardrails, so ≤ α/2 together.
 * More than 5 % of the traffic are shown one that is as bad as a guardrail's margin, and not preferred, with probability ≤ 3α/4,
 * the guardrail's own α/2 included. A preference is of mixed slates: one that is there in truth although the version alone gains
 * nothing is no error of its reading, so neither probability is of such a challenger. `test/truth/rollouts.test.ts` counts them.
 * @param nowMs epoch ms.
 */
export function decideRollout(
  state: RolloutState,
  evidence: RolloutEvidence,
  nowMs: number,
  rules: RolloutRules = DEFAULT_ROLLOUT_RULES,
): RolloutDecision {
  const { stage, action, why, stuck } =
    followOps(state, evidence, rules) ??
    withdrawForHarm(state, evidence, rules) ??
    stepForward(state, evidence, nowMs, rules);
  const next = stage === state.stage ? state : { ...state, stage, sinceMs: nowMs };
  return { from: state, evidence, atMs: nowMs, rules, next, action, why, ...(stuck && { stuck }) };
}
