import { STEPS, type Stage } from '../../../../backend/rollouts/steps.ts';

/** What a rollout goes through on its way from candidate to champion where nothing is known of the traffic, or it is high. */
export const STAGES: readonly Stage[] = STEPS.slice(1, -1).filter((step) => step !== 'interleaved');

/** A stage that asks for nothing, so that the next decision leaves it. */
export const FREE = { minMs: 0, minSessions: 0, guardrails: 'nothing' } as const;

export const atEveryStage = <Rules>(rules: Rules): Record<string, Rules> =>
  Object.fromEntries(STEPS.slice(1, -1).map((stage) => [stage, rules]));
