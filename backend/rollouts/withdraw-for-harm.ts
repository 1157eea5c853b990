import type { GuardrailInterval } from '../science/evaluation/gate-evidence.ts';
import { change, changeOf } from './decision-text.ts';
import { above } from './finite.ts';
import { isLessPreferred, preferenceText } from './gain.ts';
import { type StageOutcome, withdrawn } from './rollout-decision.ts';
import type { GuardrailReading, RolloutEvidence, RolloutState } from './rollout-evidence.ts';

/** Harm that is shown withdraws the challenger at once. @returns undefined where none is. */
export function withdrawForHarm(
  { challenger, champion }: RolloutState,
  evidence: RolloutEvidence,
): StageOutcome | undefined {
  const preference = evidence.gain?.interleaving;
  const shown = evidence.guardrails
    .filter(isHarmed)
    .map(
      (reading) => `${changeOf(reading)}, worse than the ${change(reading.worstAllowed)} allowed`,
    );
  if (isLessPreferred(preference))
    shown.push(`${preferenceText(preference)}, which is less than half`);
  if (shown.length === 0) return undefined;
  return withdrawn(champion, `${shown.join('; ')}: ${challenger} is withdrawn for ${champion}`);
}

/** The whole interval is worse than allowed. */
function isHarmed(reading: GuardrailReading): reading is GuardrailInterval {
  if ('missing' in reading) return false;
  const { better, low, high, worstAllowed } = reading;
  return better === 'higher' ? above(worstAllowed, high) : above(low, worstAllowed);
}
