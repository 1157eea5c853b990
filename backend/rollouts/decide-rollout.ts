import type { Version } from '../../shared/domain/ids.ts';
import { percent } from '../../shared/text/text.ts';
import type { GuardrailInterval } from '../science/evaluation/gate.ts';
import { futility } from './futility.ts';
import {
  type GainReading,
  gainShown,
  isKnown,
  isLessPreferred,
  plannedMs,
  preferenceText,
} from './gain.ts';
import { nextStep } from './next-step.ts';
import type { GuardrailReading, RolloutEvidence, RolloutState } from './rollout-evidence.ts';
import {
  DEFAULT_ROLLOUT_RULES,
  type GainRules,
  type RolloutRules,
  type StepRules,
} from './settings.ts';
import { mustDecide } from './standstill.ts';
import { isUnseen, SHARE, type Stage, type Step } from './steps.ts';

export type { GuardrailReading, RolloutEvidence, RolloutState } from './rollout-evidence.ts';

export type RolloutAction =
  /** `wait`: nothing changes; `keep off`: nothing of this rollout may touch the pointer. */
  | { readonly do: 'wait' | 'keep off' }
  | { readonly do: 'score in shadow' }
  | { readonly do: 'show'; readonly share: number }
  /** The slates of this share of the sessions are drafted from both versions. */
  | { readonly do: 'interleave'; readonly share: number }
  | { readonly do: 'promote'; readonly version: Version }
  /** Everybody gets the version `to`; the challenger is neither shown nor scored. */
  | { readonly do: 'withdraw'; readonly to: Version };

/** A decision with everything it depends on: `decideRollout(from, evidence, atMs, rules)` makes it again. */
export interface RolloutDecision {
  readonly from: RolloutState;
  readonly evidence: RolloutEvidence;
  readonly atMs: number;
  readonly rules: RolloutRules;
  readonly next: RolloutState;
  readonly action: RolloutAction;
  /** A sentence. */
  readonly why: string;
  /** Who must decide what, where it waits for something that time alone will not bring. */
  readonly stuck?: string;
}

/**
 * One decision of a rollout, as a pure function that is called once per decision interval. In this order: moves of the
 * pointer by ops come first; harm that is shown withdraws the challenger at once; a test that is unlikely to show a gain is
 * given up; a rollout that stands still gives way to one that waits; else it goes one step forward if time, sessions, gate,
 * guardrails and gain allow it.
 *
 * A challenger that is no better becomes champion only where the lower bound of one of two confidence sequences lies above the
 * truth at some time: with probability ≤ α/4 each, α of all guardrails, so ≤ α/2 together. More than 5 % of the traffic are shown
 * one that is as bad as a guardrail's margin with probability ≤ 3α/4, the guardrail's own α/2 included.
 * @param nowMs epoch ms.
 */
export function decideRollout(
  state: RolloutState,
  evidence: RolloutEvidence,
  nowMs: number,
  rules: RolloutRules = DEFAULT_ROLLOUT_RULES,
): RolloutDecision {
  const { stage, action, why, stuck } =
    byOps(state, evidence, rules) ??
    byHarm(state, evidence) ??
    byProgress(state, evidence, nowMs, rules);
  const next = stage === state.stage ? state : { ...state, stage, sinceMs: nowMs };
  return { from: state, evidence, atMs: nowMs, rules, next, action, why, ...(stuck && { stuck }) };
}

interface StageOutcome {
  readonly stage: Stage;
  readonly action: RolloutAction;
  readonly why: string;
  readonly stuck?: string;
}

function byOps(
  state: RolloutState,
  { pointer }: RolloutEvidence,
  { gain: rules }: RolloutRules,
): StageOutcome | undefined {
  const { challenger, champion, stage } = state;
  const keepOff = { do: 'keep off' } as const;
  if (pointer.hold === true) {
    const why = `${pointer.champion} is held by ${pointer.by ?? 'hand'}: the rollout of ${challenger} keeps off until it is released`;
    const stuck = `an operator must decide: end the hold by "trimtab release", or the rollout by "trimtab rollouts withdraw ${challenger}"`;
    // Rules from before anybody was told: their log must come out the same again.
    return { stage: 'hold', action: keepOff, why, ...(rules !== undefined && { stuck }) };
  }
  switch (stage) {
    case 'withdrawn':
      return { stage, action: { do: 'wait' }, why: `the rollout of ${challenger} is over` };
    case 'hold': {
      // Ops held it as the champion: its guardrails are still checked.
      if (pointer.champion === challenger) return undefined;
      const why = `ops have made ${pointer.champion} live, and hold it no more: ${challenger} starts again as a candidate or not at all`;
      return { stage: 'withdrawn', action: { do: 'wait' }, why };
    }
    default: {
      // A promotion takes a while to reach the pointer: until then the old champion is expected.
      const ours = stage === 'champion' ? [challenger, champion] : [champion];
      if (ours.includes(pointer.champion)) return undefined;
      const why = `${pointer.by ?? 'somebody'} made ${pointer.champion} live, not ${ours[0]}: the rollout of ${challenger} keeps off`;
      return { stage: 'hold', action: keepOff, why };
    }
  }
}

function byHarm({ challenger, champion }: RolloutState, evidence: RolloutEvidence) {
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

const withdrawn = (to: Version, why: string): StageOutcome => ({
  stage: 'withdrawn',
  action: { do: 'withdraw', to },
  why,
});

function byProgress(
  state: RolloutState,
  evidence: RolloutEvidence,
  nowMs: number,
  rules: RolloutRules,
): StageOutcome {
  const { challenger, champion, sinceMs } = state;
  // byOps lets no other stage without a next step come here.
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

const gateOpen = (gate: RolloutEvidence['gate']) =>
  gate === undefined ? 'a report of the gate' : `a verdict of the gate (${gate.reason})`;

function stepOpen({ minMs, minSessions }: StepRules, elapsedMs: number, sessions: number) {
  const open: string[] = [];
  if (!atLeast(elapsedMs, minMs)) open.push(`time (${hours(elapsedMs)} of ${hours(minMs)} h)`);
  if (!atLeast(sessions, minSessions))
    open.push(`sessions (${Number.isFinite(sessions) ? sessions : 'unknown'} of ${minSessions})`);
  return open;
}

function guardrailsOpen(
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
function gainOpen(
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

/** The whole interval is worse than allowed. */
function isHarmed(reading: GuardrailReading): reading is GuardrailInterval {
  if ('missing' in reading) return false;
  const { better, low, high, worstAllowed } = reading;
  return better === 'higher' ? above(worstAllowed, high) : above(low, worstAllowed);
}

/** The whole interval is within what is allowed. */
const isRuledOut = ({ better, low, high, worstAllowed }: GuardrailInterval): boolean =>
  better === 'higher' ? atLeast(low, worstAllowed) : atLeast(worstAllowed, high);

// A number that is not finite is no evidence. JSON makes it null, which must give the same decision.
const above = (a: number, b: number) => Number.isFinite(a) && Number.isFinite(b) && a > b;
const atLeast = (a: number, b: number) => Number.isFinite(a) && Number.isFinite(b) && a >= b;

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

const changeOf = ({ metric, low, high }: GuardrailInterval): string =>
  `${metric} changes by ${change(low)} to ${change(high)}`;

const change = (share: number): string =>
  Number.isFinite(share) ? percent(share, { digits: 2, signed: true }) : 'unknown';

const plain = (share: number): string =>
  Number.isFinite(share) ? percent(share, { digits: 2 }) : 'unknown';

const hours = (ms: number): string => (ms / 3_600_000).toFixed(1);
