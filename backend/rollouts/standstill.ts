import { placementFlag, type RolloutEvidence, type RolloutState } from './rollout-evidence.ts';
import type { StepRules } from './settings.ts';
import { isUnseen } from './steps.ts';

/**
 * What an operator must decide where a rollout waits for something that time alone will not bring; undefined where it will.
 * @param elapsedMs since the step began. @param isGateOpen the gate has not let it pass.
 */
export function mustDecide(
  state: RolloutState,
  { sessions, guardrails, doubts = [] }: RolloutEvidence,
  { minMs, minSessions }: StepRules,
  { elapsedMs, isGateOpen }: { readonly elapsedMs: number; readonly isGateOpen: boolean },
): string | undefined {
  const { challenger, stage } = state;
  const promote = `trimtab promote ${challenger}${placementFlag(state.placement)}`;
  const orEnd = `go on without it by "${promote}", or end it by "trimtab rollouts withdraw ${challenger}"`;
  if (isGateOpen)
    return `an operator must decide, as its gate is asked once: vouch for it by "${promote}", or end it by "trimtab rollouts withdraw ${challenger}"`;
  if (doubts.length > 0)
    return `an operator must decide: mend what the doubt is about ("trimtab alerts" and "trimtab data quality" say more), ${orEnd}`;
  if (stage === 'candidate' || elapsedMs < Math.max(minMs, PATIENCE_MS)) return undefined;
  if (sessions === 0)
    return `an operator must decide, as no session came to it: stop an experiment that holds the sessions ("trimtab experiments"), ${orEnd}`;
  const unread = guardrails.filter((reading) => 'missing' in reading);
  // A number that is not finite is no evidence. JSON makes it null, which must give the same decision.
  if (!isUnseen(stage) && Number.isFinite(sessions) && sessions >= minSessions && unread.length > 0)
    return `an operator must decide, as ${unread.map(({ metric }) => metric).join(', ')} cannot be read from the sessions there are: see to it that it is logged, ${orEnd}`;
  return undefined;
}

/** Before, sessions may yet come. */
const PATIENCE_MS = 3_600_000;
