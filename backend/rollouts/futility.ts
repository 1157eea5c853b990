import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { percent } from '../../shared/text/text.ts';
import { predictivePower } from '../science/statistics/predictive-power.ts';
import type { RolloutEvidence } from './rollout-evidence.ts';
import {
  gainShown,
  gainText,
  type GainInterval,
  isKnown,
  NO_PREFERENCE,
  preferenceText,
  toldPerSession,
} from './gain.ts';
import { measuresGain } from './next-step.ts';
import type { RolloutRules, StepRules } from './settings.ts';
import { SHARE, type Step } from './steps.ts';

/** Why a test goes on no longer. */
export interface Futility {
  readonly why: string;
  /** The test is too weak, and not the challenger: another test may still find a gain. */
  readonly isOfTest: boolean;
}

/**
 * Whether the search for a gain is to be given up. Either at most a trifle is to be won: the upper bound of the gain lies
 * below the smallest gain of interest. Or the test is unlikely to show in the time that is left what the step asks for: its
 * predictive power (`predictivePower`; stopping for futility as in Lan & Wittes, 1988, and Snapinn et al., 2006) is below
 * `futility`, after at least half of the sessions that were planned or can come. Neither can make a challenger that is no
 * better the champion, so no error rate has to pay for it.
 * @param elapsedMs since the step began.
 */
export function futility(
  stage: Step,
  evidence: RolloutEvidence,
  elapsedMs: number,
  rules: RolloutRules,
): Futility | undefined {
  if (rules.gain === undefined || !Object.values(rules.steps).some(asksForGain)) return undefined;
  const gained = gainShown(evidence.gain) !== undefined;
  if (gained && (stage === 'interleaved' || rules.gain.afterGain === 'no harm')) return undefined;
  if (stage === 'interleaved') return ofInterleaving(evidence, elapsedMs, rules);
  return measuresGain(stage) ? ofCanary(stage, evidence, elapsedMs, rules, gained) : undefined;
}

const asksForGain = ({ guardrails }: { readonly guardrails: string }) => guardrails === 'gain';

function ofInterleaving(
  { gain, plan }: RolloutEvidence,
  elapsedMs: number,
  { maxStepMs = Infinity, gain: rules }: RolloutRules,
): Futility | undefined {
  const reading = gain?.interleaving;
  if (!isKnown(reading) || elapsedMs <= 0) return undefined;
  const { minGain, futility: least } = rules!;
  // If items were clicked independently, a preference q would stand for a relative gain of 4 (q − ½), and mixing slates shows
  // gains larger than they are where visitors click one item of several that they like: the bound of the gain is on the safe side.
  if (4 * (reading.high - NO_PREFERENCE) < minGain)
    return { why: `${preferenceText(reading)}, ${trifle(minGain)}`, isOfTest: false };
  // All of its sessions came since the step began, and go on coming.
  const atN = reading.n * Math.max(1, maxStepMs / elapsedMs);
  const power = halfWay(reading, atN, plan?.sessions)
    ? predictivePower(reading, { target: NO_PREFERENCE, atN, alpha: gain!.alpha })
    : 1;
  if (!(power < least)) return undefined;
  return { why: `${preferenceText(reading)}, ${unlikely(power, 'a preference')}`, isOfTest: true };
}

function ofCanary(
  stage: Step,
  { gain, plan, guardrails }: RolloutEvidence,
  elapsedMs: number,
  { maxStepMs = Infinity, steps, gain: rules }: RolloutRules,
  gained: boolean,
): Futility | undefined {
  const reading = gain?.canary;
  if (!isKnown(reading)) return undefined;
  const { decides, minGain, futility: least } = rules!;
  // What interleaving has shown is a preference, however small.
  if (reading.high < minGain && reading.low <= 0)
    return { why: `${gainText(reading)}, ${trifle(minGain)}`, isOfTest: false };
  if (plan === undefined || gained) return undefined;
  const asked = toShow(steps[stage as 'canary 5'].guardrails, decides, guardrails);
  if (asked === undefined) return undefined;
  const { target, what } = asked;
  const alpha = target === 0 ? gain!.alpha : gain!.noWorseAlpha;
  const perMs = (plan.sessionsPerDay * toldPerSession(SHARE[stage])) / DAY_MS;
  const atN = reading.n + perMs * Math.max(0, maxStepMs - elapsedMs);
  if (!halfWay(reading, atN, plan.sessions)) return undefined;
  const power = predictivePower(reading, { target, atN, alpha });
  if (!(power < least)) return undefined;
  return { why: `${gainText(reading)}, ${unlikely(power, what)}`, isOfTest: true };
}

/** What the lower bound of the gain has to lie above at a step; undefined where nothing is to be shown of it. */
function toShow(
  asked: StepRules['guardrails'],
  decides: string,
  guardrails: RolloutEvidence['guardrails'],
): { readonly target: number; readonly what: string } | undefined {
  if (asked === 'gain') return { target: 0, what: 'a gain' };
  const guardrail = guardrails.find(({ metric }) => metric === decides);
  if (asked !== 'no worse' || guardrail === undefined || 'missing' in guardrail) return undefined;
  const target = -Math.abs(guardrail.worstAllowed);
  return { target, what: `that it is no worse than ${percent(target, { digits: 2 })}` };
}

const halfWay = ({ n }: GainInterval, atN: number, planned = Infinity) =>
  n >= Math.min(atN, planned) / 2;

const trifle = (minGain: number) =>
  `so that less than the ${percent(minGain, { digits: 2 })} of interest is to be won`;

const unlikely = (power: number, what: string) =>
  `and in the time that is left it would show ${what} with a chance of ${percent(power, { digits: 1 })}`;
