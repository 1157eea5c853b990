import type { GuardrailReading, RolloutDecision } from '../rollouts/decide-rollout.ts';
import { count, facts, moment } from '../../shared/text/text.ts';
import { STEPS } from '../rollouts/steps.ts';

/** What `GET /v1/rollouts` says of each. */
export interface Rollout {
  readonly id: string;
  readonly challenger: string;
  readonly champion: string;
  readonly stage: string;
  readonly freeShare: number;
  readonly since: number;
  readonly by: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly why: string | null;
}

/** @param decisions those that changed the stage and the newest, oldest first. */
export function rolloutText(rollout: Rollout, decisions: readonly RolloutDecision[]): string {
  const { id, challenger, champion, by, createdAt, endedAt, since, freeShare } = rollout;
  const head = facts([
    ['rollout', `${id}, by ${by}, ${moment(createdAt)}`],
    ['challenger', `${challenger}, against ${champion}`],
    ['stage', `${stageBar(rollout.stage)}, since ${moment(since)}`],
    ...(endedAt === null && freeShare < 1 ? [['open to it', freeText(freeShare)] as const] : []),
    ['over', endedAt === null ? 'no' : moment(endedAt)],
    ['last decision', rollout.why],
  ]);
  return decisions.length === 0 ? head : `${head}\n\n${decisions.map(decisionText).join('\n')}`;
}

/** Why a canary may lack sessions for ever. */
const freeText = (share: number): string =>
  `${percent(share).replace('+', '')} of the sessions: the others are experiments’${share < 0.05 ? ', so stop one' : ''}`;

/** `candidate › shadow › [canary 1] › canary 5 …`, or the stage beside the way. */
function stageBar(stage: string): string {
  if (!STEPS.some((step) => step === stage)) return stage;
  return STEPS.map((step) => (step === stage ? `[${step}]` : step)).join(' › ');
}

function decisionText({ atMs, evidence, why }: RolloutDecision): string {
  const seen = [
    `${count(evidence.sessions)} sessions`,
    ...evidence.guardrails.map(readingText),
    ...(evidence.doubts ?? []).map((doubt) => `in doubt: ${doubt}`),
  ];
  return `${moment(atMs)}  ${why}\n  ${seen.join('; ')}`;
}

function readingText(reading: GuardrailReading): string {
  if ('missing' in reading) return `${reading.metric}: ${reading.missing}`;
  const { metric, low, high, worstAllowed } = reading;
  return `${metric} ${percent(low)} to ${percent(high)} (${percent(worstAllowed)} allowed)`;
}

const percent = (share: number | null) =>
  share === null ? 'unknown' : `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;
