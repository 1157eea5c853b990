import { normalQuantile } from '../statistics/distributions.ts';
import type { GateEvidence } from './gate-evidence.ts';
import { leastHeldOut } from './gate-gain-checks.ts';
import type { GateRules } from './gate-rules.ts';

/**
 * With 80 % probability a gain of the estimated size is significant at `(likely · error / gain)²` times the data, counted from
 * what it has to exceed; at 5 %, two-sided, `likely` is 2.80.
 */
const likely = (alpha: number): number => normalQuantile(0.8) - normalQuantile(alpha / 2);

/** How many more rankings would likely do. @returns undefined where no number of rankings of this kind is known to do. */
export function moreRankings(evidence: GateEvidence, rules: GateRules): number | undefined {
  const { heldOutGain, rankings } = evidence;
  const { mode, minClusters } = rules;
  if (heldOutGain === undefined || !(heldOutGain.rewarded > 0) || !(rankings! > 0))
    return undefined;
  const { mean, low, high, rewarded } = heldOutGain;
  const error = (high - low) / 2 / normalQuantile(0.975);
  const over = mean - (mode === 'direct' ? leastHeldOut(evidence, rules) : 0);
  const times =
    rewarded < minClusters
      ? minClusters / rewarded
      : over > 0
        ? (likely(rules.alpha) * error) ** 2 / over ** 2
        : 0;
  return times > 1 && Number.isFinite(times) ? roundedUp(rankings! * (times - 1)) : undefined;
}

/** To two digits: the estimate has no more. */
function roundedUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.ceil(n / unit) * unit;
}
