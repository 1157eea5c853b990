import { STEPS, type Stage } from '../../../../backend/rollouts/steps.ts';

/** What a rollout goes through on its way from candidate to champion. */
export const STAGES: readonly Stage[] = STEPS.slice(1, -1);

/** A stage that asks for nothing, so that the next decision leaves it. */
export const FREE = { minMs: 0, minSessions: 0, guardrails: 'nothing' } as const;

export const atEveryStage = <Rules>(rules: Rules): Record<string, Rules> =>
  Object.fromEntries(STAGES.map((stage) => [stage, rules]));
