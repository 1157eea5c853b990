import { readFileSync } from 'node:fs';
import type { RolloutDecision } from '../../../../backend/rollouts/rollout-decision.ts';

/** Logs of two rollouts, as they were stored before a gain was asked for: one that ops ended, and one that became champion. */
export const LOGS_BEFORE: readonly (readonly RolloutDecision[])[] = JSON.parse(
  readFileSync(new URL('../../../golden/rollout-logs-1.json', import.meta.url), 'utf8'),
);

/** The default rules of then, which are stored with every rollout that was started by them. */
export const RULES_BEFORE = LOGS_BEFORE[0][0].rules;
