import { count, facts, moment, percent } from '../../../shared/text/text.ts';
import type { Rollout } from '../../http/answers.ts';
import type { GuardrailReading } from '../../rollouts/rollout-evidence.ts';
import type { RolloutDecision } from '../../rollouts/rollout-decision.ts';
import { type GainEvidence, gainText, isKnown, preferenceText } from '../../rollouts/gain.ts';
import { STEPS } from '../../rollouts/steps.ts';

/** @param decisions those that changed the stage and the newest, oldest first. */
export function rolloutText(rollout: Rollout, decisions: readonly RolloutDecision[]): string {
  const { id, challenger, champion, by, createdAt, endedAt, since, freeShare } = rollout;
  const head = facts([
    ['rollout', `${id}, by ${by}, ${moment(createdAt)}`],
    ['challenger', `${challenger}, against ${champion}`],
    ...(rollout.lineage === null ? [] : [['placement', rollout.lineage] as const]),
    ['stage', `${stageBar(rollout.stage)}, since ${moment(since)}`],
    ...(endedAt === null && freeShare < 1 ? [['free traffic', freeText(freeShare)] as const] : []),
    ['over', endedAt === null ? 'no' : moment(endedAt)],
    ['why', rollout.why],
  ]);
  return decisions.length === 0 ? head : `${head}\n\n${decisions.map(decisionText).join('\n')}`;
}

/** A canary never gets the sessions that experiments hold. */
const freeText = (share: number): string =>
  `${percent(share, { digits: 1 })} of the sessions: experiments hold the others${share < 0.05 ? ', so stop one' : ''}`;

/** `candidate › shadow › [canary 1] › canary 5 …`, or the stage that is none of the steps. */
function stageBar(stage: string): string {
  if (!STEPS.some((step) => step === stage)) return stage;
  return STEPS.map((step) => (step === stage ? `[${step}]` : step)).join(' › ');
}

function decisionText({ atMs, evidence, why }: RolloutDecision): string {
  const seen = [
    `${count(evidence.sessions)} sessions`,
    ...evidence.guardrails.map(readingText),
    ...gainTexts(evidence.gain),
    ...(evidence.doubts ?? []).map((doubt) => `in doubt: ${doubt}`),
  ];
  return `${moment(atMs)}  ${why}\n  ${seen.join('; ')}`;
}

/** What is known of the gain, always valid. */
function gainTexts({ canary, interleaving }: Partial<GainEvidence> = {}): string[] {
  return [
    ...(isKnown(interleaving) ? [preferenceText(interleaving)] : []),
    ...(isKnown(canary) ? [gainText(canary)] : []),
  ];
}

function readingText(reading: GuardrailReading): string {
  if ('missing' in reading) return `${reading.metric}: ${reading.missing}`;
  const { metric, low, high, worstAllowed } = reading;
  return `${metric} ${change(low)} to ${change(high)} (${change(worstAllowed)} allowed)`;
}

/** A bound that was not finite is null in JSON. */
const change = (share: number | null) =>
  share === null ? 'unknown' : percent(share, { digits: 1, signed: true });
