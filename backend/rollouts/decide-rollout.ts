import type { Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import { percent } from '../../shared/text/text.ts';
import type { GateVerdict, GuardrailInterval } from '../science/evaluation/gate.ts';
import { DEFAULT_ROLLOUT_RULES, type RolloutRules, type StepRules } from './settings.ts';
import { SHARE, STEPS, type Stage, type Step } from './steps.ts';

export interface RolloutState {
  readonly challenger: Version;
  /** Serves the rest of the traffic, and everybody once harm is shown. */
  readonly champion: Version;
  readonly stage: Stage;
  /** When the stage began, epoch ms. */
  readonly sinceMs: number;
}

/** Everything that a decision depends on, as plain JSON, so that a logged decision can be made again. */
export interface RolloutEvidence {
  /** What is live at the time of the decision. */
  readonly pointer: Pick<Pointer, 'champion' | 'hold' | 'by'>;
  /** The gate of the challenger against the champion. It decides until visitors are shown the challenger; then the guardrails do. */
  readonly gate?: GateVerdict;
  /** How many sessions the challenger ranked (in shadow: scored) since the stage began. */
  readonly sessions: number;
  /** Challenger against champion, one reading per metric, over the whole canary. */
  readonly guardrails: readonly GuardrailReading[];
  /** Why the figures may be wrong, such as a sample ratio mismatch. While there is any, no step forward is taken. */
  readonly doubts?: readonly string[];
}

/**
 * The bounds must be a confidence sequence (Howard et al., Annals of Statistics 2021), because they are read at every
 * decision. The caller splits the error rate over the metrics.
 */
export type GuardrailReading =
  | GuardrailInterval
  | { readonly metric: string; readonly missing: string };

export type RolloutAction =
  /** `wait`: nothing changes; `keep off`: nothing of this rollout may touch the pointer. */
  | { readonly do: 'wait' | 'keep off' }
  | { readonly do: 'score in shadow' }
  | { readonly do: 'show'; readonly share: number }
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
}

/**
 * One decision of a rollout, as a pure function that is called once per decision interval. In this order: moves of the
 * pointer by ops come first; harm that is shown withdraws the challenger at once; else it goes one step forward if time,
 * sessions, gate and guardrails allow it.
 * @param nowMs epoch ms.
 */
export function decideRollout(
  state: RolloutState,
  evidence: RolloutEvidence,
  nowMs: number,
  rules: RolloutRules = DEFAULT_ROLLOUT_RULES,
): RolloutDecision {
  const { stage, action, why } =
    byOps(state, evidence) ?? byHarm(state, evidence) ?? byProgress(state, evidence, nowMs, rules);
  const next = stage === state.stage ? state : { ...state, stage, sinceMs: nowMs };
  return { from: state, evidence, atMs: nowMs, rules, next, action, why };
}

interface StageOutcome {
  readonly stage: Stage;
  readonly action: RolloutAction;
  readonly why: string;
}

function byOps(state: RolloutState, { pointer }: RolloutEvidence): StageOutcome | undefined {
  const { challenger, champion, stage } = state;
  const keepOff = { do: 'keep off' } as const;
  if (pointer.hold === true) {
    const why = `${pointer.champion} is held by ${pointer.by ?? 'hand'}: the rollout of ${challenger} keeps off until it is released`;
    return { stage: 'hold', action: keepOff, why };
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
  const harms = evidence.guardrails.filter(isHarmed);
  if (harms.length === 0) return undefined;
  const shown = harms.map(
    (reading) => `${changeOf(reading)}, worse than the ${change(reading.worstAllowed)} allowed`,
  );
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
  { steps, maxStepMs }: RolloutRules,
): StageOutcome {
  const { challenger, champion, sinceMs } = state;
  // byOps lets no other stage without a next step come here.
  const stage = state.stage as Exclude<Stage, 'withdrawn'>;
  if (stage === 'champion' || stage === 'hold')
    return { stage: 'champion', action: { do: 'wait' }, why: `${challenger} is the champion` };

  const { gate } = evidence;
  const unseen = SHARE[stage] === 0;
  if (unseen && gate?.verdict === 'keep champion')
    return withdrawn(champion, `the gate keeps ${champion}, not ${challenger}: ${gate.reason}`);

  const elapsedMs = nowMs - sinceMs;
  const open = [
    ...(evidence.doubts ?? []),
    ...(unseen && gate?.verdict !== 'promote' ? [gateOpen(gate)] : []),
    ...stepOpen(steps[stage], elapsedMs, evidence.sessions),
    ...guardrailsOpen(steps[stage], evidence.guardrails),
  ];
  if (open.length > 0) {
    const missing = `at ${stage}, ${challenger} still lacks: ${open.join('; ')}`;
    if (maxStepMs !== undefined && above(elapsedMs, maxStepMs))
      return withdrawn(champion, `${missing}; after ${hours(elapsedMs)} h it is withdrawn`);
    return { stage, action: { do: 'wait' }, why: missing };
  }
  const next = STEPS[STEPS.indexOf(stage) + 1];
  const why = `at ${stage}, ${challenger} had ${passed(evidence, elapsedMs)}: on to ${next}`;
  return { stage: next, action: entering(next, challenger), why };
}

function entering(step: Step, challenger: Version): RolloutAction {
  if (step === 'champion') return { do: 'promote', version: challenger };
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
): string[] {
  if (asked === 'nothing') return [];
  if (readings.length === 0) return ['any guardrail'];
  return readings.flatMap((reading) => {
    if ('missing' in reading) return [`a reading of ${reading.metric} (${reading.missing})`];
    if (asked === 'no harm' || isRuledOut(reading)) return [];
    return [
      `certainty (${changeOf(reading)}, and ${change(reading.worstAllowed)} or worse is not ruled out)`,
    ];
  });
}

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

function passed({ sessions, gate, guardrails }: RolloutEvidence, elapsedMs: number): string {
  const changes = guardrails.flatMap((reading) => ('missing' in reading ? [] : changeOf(reading)));
  return [
    `${sessions} sessions in ${hours(elapsedMs)} h`,
    ...(gate ? [`the gate's ${gate.verdict}`] : []),
    ...changes,
  ].join(', ');
}

const changeOf = ({ metric, low, high }: GuardrailInterval): string =>
  `${metric} changes by ${change(low)} to ${change(high)}`;

const change = (share: number): string =>
  Number.isFinite(share) ? percent(share, { digits: 2, signed: true }) : 'unknown';

const hours = (ms: number): string => (ms / 3_600_000).toFixed(1);
