import type { GuardrailInterval } from '../science/evaluation/gate-evidence.ts';
import { change, changeOf } from './decision-text.ts';
import { above } from './finite.ts';
import { gainText, isLessPreferred, isLoss, preferenceText } from './gain.ts';
import { type StageOutcome, withdrawn } from './rollout-decision.ts';
import type { GuardrailReading, RolloutEvidence, RolloutState } from './rollout-evidence.ts';
import type { RolloutRules } from './settings.ts';

/**
 * Harm that is shown withdraws the challenger at once: a guardrail that is worse than allowed, a loss in the metric that decides,
 * or slates that are preferred less. @returns undefined where none is.
 */
export function withdrawForHarm(
  { challenger, champion }: RolloutState,
  { guardrails, gain }: RolloutEvidence,
  { gain: rules }: RolloutRules,
): StageOutcome | undefined {
  const { canary, interleaving } = gain ?? {};
  const harmed = guardrails.filter(isHarmed);
  const shown = harmed.map(
    (reading) => `${changeOf(reading)}, worse than the ${change(reading.worstAllowed)} allowed`,
  );
  // A guardrail of the same metric has said it already.
  const isSaid = harmed.some(({ metric }) => metric === rules?.decides);
  if (rules?.lossIsHarm && !isSaid && isLoss(canary))
    shown.push(`${gainText(canary)} in ${rules.decides}, which is a loss`);
  if (isLessPreferred(interleaving))
    shown.push(`${preferenceText(interleaving)}, which is less than half`);
  if (shown.length === 0) return undefined;
  return withdrawn(champion, `${shown.join('; ')}: ${challenger} is withdrawn for ${champion}`);
}

/** The whole interval is worse than allowed. */
function isHarmed(reading: GuardrailReading): reading is GuardrailInterval {
  if ('missing' in reading) return false;
  const { better, low, high, worstAllowed } = reading;
  return better === 'higher' ? above(worstAllowed, high) : above(low, worstAllowed);
}
