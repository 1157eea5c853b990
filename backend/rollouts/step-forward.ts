import type { Version } from '../../shared/domain/ids.ts';
import { percent } from '../../shared/text/text.ts';
import { changeOf, hours } from './decision-text.ts';
import { above, atLeast } from './finite.ts';
import { futility } from './futility.ts';
import { gainShown, mayInterleave, plannedMs } from './gain.ts';
import { nextStep } from './next-step.ts';
import { gainOpen, gateOpen, guardrailsOpen, stepOpen } from './open-conditions.ts';
import { type RolloutAction, type StageOutcome, withdrawn } from './rollout-decision.ts';
import type { RolloutEvidence, RolloutState } from './rollout-evidence.ts';
import type { GainRules, RolloutRules, StepRules } from './settings.ts';
import { mustDecide } from './standstill.ts';
import { isUnseen, SHARE, type Stage, type Step } from './steps.ts';

/**
 * Where neither operators nor harm decide: a test that is unlikely to show a gain is given up, a rollout that stands still
 * gives way to one that waits, and one that has all that its step asks for goes on.
 */
export function stepForward(
  state: RolloutState,
  evidence: RolloutEvidence,
  nowMs: number,
  rules: RolloutRules,
): StageOutcome {
  const { challenger, champion, sinceMs } = state;
  // followOps lets no other stage without a next step come here.
  const stage = state.stage as Exclude<Stage, 'withdrawn'>;
  if (stage === 'champion' || stage === 'hold')
    return { stage: 'champion', action: { do: 'wait' }, why: `${challenger} is the champion` };

  const { gate, doubts = [], successor, stuckSinceMs, plan } = evidence;
  const unseen = isUnseen(stage);
  if (unseen && gate?.verdict === 'keep champion')
    return withdrawn(champion, `the gate keeps ${champion}, not ${challenger}: ${gate.reason}`);

  const { maxStepMs, gain: rule } = rules;
  const elapsedMs = nowMs - sinceMs;
  const step = stepRules(stage, rules);
  const isGateOpen = unseen && gate?.verdict !== 'promote';
  const gained = gainShown(evidence.gain);
  const onTo = (next: Step, why: string): StageOutcome => ({
    stage: next,
    action: entering(next, challenger, rule),
    why: `${why}: on to ${next}`,
  });

  if (stage === 'interleaved' && doubts.length === 0 && plan && !mayInterleave(plan)) {
    const left = `${percent(plan.interleavable!, { digits: 0 })} of the sessions that a canary may have`;
    const why = `at interleaved, ${challenger}: experiments of exploration leave it ${left}`;
    if (mayStillGain(evidence, rules)) return onTo('canary 5', why);
  }

  const given = doubts.length === 0 ? futility(stage, evidence, elapsedMs, rules) : undefined;
  if (given !== undefined) {
    if (stage === 'interleaved' && mayStillGain(evidence, rules, given.isOfTest))
      return onTo('canary 5', `at interleaved, ${challenger}: ${given.why}`);
    return withdrawn(champion, `at ${stage}, ${challenger}: ${given.why}; it is withdrawn`);
  }

  const open = [
    ...doubts,
    ...(isGateOpen ? [gateOpen(gate)] : []),
    ...stepOpen(step, elapsedMs, evidence.sessions),
    ...(stage === 'interleaved' ? [] : guardrailsOpen(step, evidence.guardrails, gained, rule)),
    ...(step.guardrails === 'gain' ? gainOpen(stage, evidence, gained, rule) : []),
  ];
  if (open.length > 0) {
    const missing = `at ${stage}, ${challenger} still lacks: ${open.join('; ')}`;
    if (maxStepMs !== undefined && above(elapsedMs, maxStepMs)) {
      const late = `${missing}; after ${hours(elapsedMs)} h`;
      if (stage === 'interleaved' && doubts.length === 0 && mayStillGain(evidence, rules))
        return onTo('canary 5', late);
      return withdrawn(champion, `${late} it is withdrawn`);
    }
    const stuck = rule && mustDecide(state, evidence, step, { elapsedMs, isGateOpen });
    if (stuck === undefined) return { stage, action: { do: 'wait' }, why: missing };
    const since = stuckSinceMs ?? nowMs;
    if (successor !== undefined && (successor.isBetter || atLeast(nowMs - since, rule!.giveWayMs)))
      return withdrawn(
        champion,
        `${missing}; it has stood still for ${hours(nowMs - since)} h, and ${successor.isBetter ? 'gives way to the better' : 'gives way to'} ${successor.version}`,
      );
    return { stage, action: { do: 'wait' }, why: `${missing}: ${stuck}`, stuck };
  }
  return onTo(
    nextStep(stage, plan, rule),
    `at ${stage}, ${challenger} had ${passed(evidence, elapsedMs, gained)}`,
  );
}

/**
 * Whether 5 % of the traffic may find what interleaving did not. A preference is of other slates than those that either version
 * serves alone, so that none says little of the gain; and most gains are larger than the smallest that the plan is made for.
 */
const mayStillGain = (
  { plan }: RolloutEvidence,
  { maxStepMs = Infinity, gain }: RolloutRules,
  isOfTest = true,
): boolean =>
  gain?.afterInterleaving === 'canary' ||
  // As it was decided under rules from before.
  (isOfTest && plan !== undefined && plannedMs(plan, 'canary 5') <= maxStepMs);

/** Rules from before slates were interleaved never lead to that step. */
const stepRules = (stage: Exclude<Step, 'champion'>, { steps }: RolloutRules): StepRules =>
  steps[stage] ?? steps['canary 1'];

function entering(step: Step, challenger: Version, rules: GainRules | undefined): RolloutAction {
  if (step === 'champion') return { do: 'promote', version: challenger };
  if (step === 'interleaved') return { do: 'interleave', share: rules!.interleaveShare };
  return step === 'shadow' ? { do: 'score in shadow' } : { do: 'show', share: SHARE[step] };
}

function passed(
  { sessions, gate, guardrails }: RolloutEvidence,
  elapsedMs: number,
  gained: string | undefined,
): string {
  const changes = guardrails.flatMap((reading) => ('missing' in reading ? [] : changeOf(reading)));
  return [
    `${sessions} sessions in ${hours(elapsedMs)} h`,
    ...(gate ? [`the gate's ${gate.verdict}`] : []),
    ...changes,
    ...(gained === undefined ? [] : [gained]),
  ].join(', ');
}
