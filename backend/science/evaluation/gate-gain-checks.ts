import { count, percent } from '../../../shared/text/text.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';
import type { GateEvidence } from './gate-evidence.ts';
import type { GateCheck } from './gate-report.ts';
import type { GateRules } from './gate-rules.ts';

/**
 * Two scorers that both say nothing about the held-out slates get a scale of almost 0, and then lose all but the same: the
 * interval of such a difference is as narrow as it is small, and may lie above 0.
 */
export const ALL_BUT_0 = 1e-4;

/**
 * What a held-out gain has to exceed in direct mode. Without any word on its cover a challenger counts as covered. A champion whose
 * rewards fell since visitors changed is itself what brings up items that they do not like, so that no more is asked of its
 * challenger than to order them better.
 */
export const leastHeldOut = (
  { cover, rewardsFell }: Pick<GateEvidence, 'cover' | 'rewardsFell'>,
  { minCover, minUncoveredGain }: GateRules,
): number =>
  (cover?.share ?? 1) < minCover && rewardsFell !== true ? minUncoveredGain : ALL_BUT_0;

/** Fails what is no better for certain; direct, the gain is missing until it is shown. */
export function heldOutCheck(evidence: GateEvidence, rules: GateRules): GateCheck {
  const { heldOutGain } = evidence;
  const { mode, minClusters } = rules;
  const check = 'held-out gain';
  if (heldOutGain === undefined || !(heldOutGain.rewarded >= minClusters)) {
    const says = `${heldOutGain?.rewarded ?? 0} of ${minClusters} validation visitors with a reward`;
    return { check, outcome: 'missing', says };
  }
  const { mean, low, high } = heldOutGain;
  const says = `held-out loss falls by ${mean.toFixed(4)} per slate ${interval(low, high)}`;
  const upper = { check, figure: high, bound: `upper end > ${ALL_BUT_0}` };
  // What ranks exactly as the champion does would keep visitors busy with nothing to find.
  if (!Number.isFinite(low) || !(high > ALL_BUT_0))
    return { ...upper, outcome: 'failed', says: `${says}: it is no better` };
  if (mode === 'staged') return { ...upper, outcome: 'passed', says };
  const least = leastHeldOut(evidence, rules);
  const bound = lowerBound(heldOutGain, rules.alpha);
  const passed = bound > least;
  const asked =
    least === rules.minUncoveredGain
      ? `${least}, which is asked where the log covers less than ${percent(rules.minCover, { digits: 0 })} of its top`
      : '0';
  return {
    check,
    outcome: passed ? 'passed' : 'missing',
    figure: bound,
    bound: `lower end > ${least}`,
    says: passed ? says : `${says}: ${ofLevel(rules.alpha)} is not above ${asked}`,
  };
}

/** From the 95 % interval, by Student's t: `mean − (mean − low) · t(α/2) / t(0.025)`, with one degree of freedom less than clusters. */
function lowerBound({ mean, low, clusters }: IntervalEstimate, alpha: number): number {
  const reach = (rate: number) => studentQuantile(rate / 2, clusters - 1);
  return alpha === 0.05 ? low : mean - ((mean - low) * reach(alpha)) / reach(0.05);
}

const ofLevel = (alpha: number): string =>
  alpha === 0.05
    ? 'the interval'
    : `the interval with an error rate of ${alpha.toPrecision(2)}, as of one look of many,`;

/** Fails what is worse for certain. It is only noted where it was not estimated, or of too little to speak for a challenger. */
export function offPolicyCheck(
  { offPolicyGain, cover }: GateEvidence,
  rules: GateRules,
): GateCheck {
  const check = 'off-policy gain';
  const noted = (why: string): GateCheck => ({
    check,
    outcome: 'noted',
    says: `off-policy gain: ${why}`,
  });
  if (offPolicyGain === undefined) return noted('not estimated');
  if ('refused' in offPolicyGain) return noted(`refused, ${offPolicyGain.refused}`);
  const { estimator, mean, low, high, ess } = offPolicyGain;
  if (!(ess >= rules.minEffectiveSample))
    return noted(`effective sample ${Math.round(ess)} of ${rules.minEffectiveSample}`);
  const says = `off-policy gain (${estimator}) of ${signed(mean)} ${interval(low, high)}, effective sample ${Math.round(ess)}`;
  const bounded = { check, figure: high, bound: 'upper end ≥ 0' };
  if (!(high >= 0)) return { ...bounded, outcome: 'failed', says: `${says}: it is worse` };
  return (cover?.share ?? 1) < rules.minCover
    ? { ...bounded, outcome: 'noted', says: `${says}, of the covered part only` }
    : { ...bounded, outcome: 'passed', says };
}

/** How much the two gains may be believed; it decides nothing by itself. */
export function coverChecks({ cover }: GateEvidence, { minCover }: GateRules): GateCheck[] {
  if (cover === undefined) return [];
  const { share, requests, k } = cover;
  const says = `the log covers ${percent(share, { digits: 0 })} of its top ${k.toFixed(k % 1 === 0 ? 0 : 1)} over ${count(requests)} requests`;
  return [
    {
      check: 'cover',
      outcome: 'noted',
      figure: share,
      bound: `≥ ${minCover}`,
      says: share < minCover ? `${says}, so that the off-policy gain may only refuse it` : says,
    },
  ];
}

const signed = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
const interval = (low: number, high: number): string =>
  `(95 %: ${low.toFixed(4)} to ${high.toFixed(4)})`;
