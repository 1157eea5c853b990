import type { GuardrailInterval } from '../science/evaluation/gate-evidence.ts';
import { change, changeOf, hours, plain } from './decision-text.ts';
import { atLeast } from './finite.ts';
import { type GainReading, isKnown } from './gain.ts';
import type { GuardrailReading, RolloutEvidence } from './rollout-evidence.ts';
import type { GainRules, StepRules } from './settings.ts';
import type { Stage } from './steps.ts';

/** What is open of the gate, where it has not let the challenger pass. */
export const gateOpen = (gate: RolloutEvidence['gate']) =>
  gate === undefined ? 'a report of the gate' : `a verdict of the gate (${gate.reason})`;

/** What is open of a step's time and sessions. */
export function stepOpen({ minMs, minSessions }: StepRules, elapsedMs: number, sessions: number) {
  const open: string[] = [];
  if (!atLeast(elapsedMs, minMs)) open.push(`time (${hours(elapsedMs)} of ${hours(minMs)} h)`);
  if (!atLeast(sessions, minSessions))
    open.push(`sessions (${Number.isFinite(sessions) ? sessions : 'unknown'} of ${minSessions})`);
  return open;
}

/** What is open of a step's guardrails. @param gained what shows a gain. */
export function guardrailsOpen(
  { guardrails: asked }: StepRules,
  readings: readonly GuardrailReading[],
  gained: string | undefined,
  rules: GainRules | undefined,
): string[] {
  if (asked === 'nothing') return [];
  if (readings.length === 0) return ['any guardrail'];
  // Until the last look at it a gain may speak for the metric that decides: clicks on mixed slates are not quite clicks on its own.
  const isGained = (metric: string) =>
    gained !== undefined &&
    (rules?.afterGain === 'no harm' || (metric === rules?.decides && asked !== 'gain'));
  return readings.flatMap((reading) => {
    if ('missing' in reading) return [`a reading of ${reading.metric} (${reading.missing})`];
    if (asked === 'no harm' || isGained(reading.metric) || isRuledOut(reading)) return [];
    return [
      `certainty (${changeOf(reading)}, and ${change(reading.worstAllowed)} or worse is not ruled out)`,
    ];
  });
}

/**
 * A preference found by interleaving has to be borne out by the canary: clicks on mixed slates are not quite those on slates of
 * its own, where items further down count too. Its estimate must not lie on the other side, beside being no worse for certain.
 */
export function gainOpen(
  stage: Stage,
  { gain }: RolloutEvidence,
  gained: string | undefined,
  rules: GainRules | undefined,
): string[] {
  const canary = gain?.canary;
  if (gained !== undefined) {
    const agrees =
      stage === 'interleaved' ||
      rules?.afterGain === 'no harm' ||
      (isKnown(canary) && canary.estimate > 0);
    if (agrees) return [];
    return [
      `a canary that bears it out (${readingText(canary, (low, high) => `${change(low)} to ${change(high)}, estimated at no gain`)})`,
    ];
  }
  if (stage !== 'interleaved')
    return [
      `a gain (${readingText(canary, (low, high) => `${change(low)} to ${change(high)}, and 0 is not ruled out`)})`,
    ];
  return [
    `a preference (${readingText(gain?.interleaving, (low, high) => `${plain(low)} to ${plain(high)} of the sessions that prefer one, and half of them is not ruled out`)})`,
  ];
}

const readingText = (
  reading: GainReading | undefined,
  text: (low: number, high: number) => string,
): string => {
  if (isKnown(reading)) return text(reading.low, reading.high);
  if (reading === undefined) return 'none is read';
  return 'missing' in reading ? reading.missing : 'unknown';
};

/** The whole interval is within what is allowed. */
const isRuledOut = ({ better, low, high, worstAllowed }: GuardrailInterval): boolean =>
  better === 'higher' ? atLeast(low, worstAllowed) : atLeast(worstAllowed, high);
