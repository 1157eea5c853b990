import { type CanaryPlan, mayInterleave, plannedMs } from './gain.ts';
import type { GainRules } from './settings.ts';
import { STEPS, type Stage, type Step } from './steps.ts';

/** Metrics that interleaving speaks for: it credits clicks, and knows of no booking. */
const OF_CLICKS: ReadonlySet<string> = new Set(['click_through', 'clicks_per_ranking']);

/**
 * The step after one that is passed. Where traffic is low, 1 % of it would tell nothing in any time, so that the challenger
 * goes from shadow to the most that may be shown of it before anything is known of it: interleaved, or else to 5 %.
 * @param rules absent in rollouts from before there was interleaving: they go through every step of the canary.
 */
export function nextStep(
  stage: Exclude<Step, 'champion'>,
  plan: CanaryPlan | undefined,
  rules: GainRules | undefined,
): Step {
  const low = rules !== undefined && isLowTraffic(plan, rules);
  const first = interleaves(plan, rules, low) ? 'interleaved' : 'canary 5';
  if (stage === 'canary 1') return first;
  if (stage === 'shadow') return low ? first : 'canary 1';
  return STEPS[STEPS.indexOf(stage) + 1];
}

/** Whether 5 % of the traffic would take too long to show the smallest gain of interest; false where nobody came lately. */
export const isLowTraffic = (plan: CanaryPlan | undefined, { lowTrafficMs }: GainRules): boolean =>
  plan !== undefined && plannedMs(plan, 'canary 5') > lowTrafficMs;

function interleaves(
  plan: CanaryPlan | undefined,
  rules: GainRules | undefined,
  low: boolean,
): boolean {
  if (rules === undefined || plan === undefined || !plan.severalItems) return false;
  if (!mayInterleave(plan)) return false;
  if (!OF_CLICKS.has(rules.decides)) return false;
  const { interleave, interleaveFromMs = 0 } = rules;
  const isHopeless = low && plannedMs(plan, 'canary 5') > interleaveFromMs;
  return interleave === 'always' || (interleave === 'at low traffic' && isHopeless);
}

/** Steps in which a gain is measured against the champion. */
export const measuresGain = (stage: Stage): boolean =>
  stage === 'canary 1' || stage === 'canary 5' || stage === 'canary 25' || stage === 'canary 50';
