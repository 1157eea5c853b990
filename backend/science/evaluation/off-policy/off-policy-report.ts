import { clusteredMean, type IntervalEstimate } from '../../statistics/interval.ts';
import type { OffPolicyEstimate } from './off-policy-estimate.ts';
import type { LoggedRounds } from './rounds.ts';
import { estimateSlates, type SlateEstimator, type SlateOptions } from './slate-estimators.ts';
import { slateRewards, type LoggedSlates } from './slates.ts';
import { estimateTopSlot, type TopSlotEstimator, type TopSlotOptions } from './top-slot.ts';

/** Off-policy estimates of the evaluated policy, one per estimator, as plain JSON. */
export interface OffPolicyReport {
  /** `row`: one logged action; `slate`: a whole ranking. */
  readonly unit: 'row' | 'slate';
  readonly units: number;
  /** Mean reward of the logging policy; absent with fewer than two sessions. */
  readonly logged?: IntervalEstimate;
  /** What `gain` is relative to: the logging policy or another policy. */
  readonly baseline: 'what served' | 'another policy';
  readonly estimates: readonly OffPolicyEstimate[];
}

/** All top-slot estimators, with usual parameters. */
export const TOP_SLOT_ESTIMATORS: readonly TopSlotEstimator[] = [
  { kind: 'ips' },
  { kind: 'clipped-ips', limit: 20 },
  { kind: 'snips' },
  { kind: 'dm' },
  { kind: 'dr' },
  { kind: 'sndr' },
  { kind: 'switch-dr', threshold: 20 },
  { kind: 'dr-os', lambda: 'tuned' },
];

export const SLATE_ESTIMATORS: readonly SlateEstimator[] = [
  'sips',
  'snsips',
  'rips',
  'snrips',
  'cascade-dr',
];

/**
 * Estimates the evaluated policy's reward per row by each estimator.
 * @throws ApiError where arrays have inconsistent lengths.
 */
export function evaluateTopSlot(
  rounds: LoggedRounds,
  estimators: readonly TopSlotEstimator[] = TOP_SLOT_ESTIMATORS,
  options: TopSlotOptions = {},
): OffPolicyReport {
  const estimates = estimators.map((estimator) => estimateTopSlot(estimator, rounds, options));
  const units = rounds.reward.length;
  return report('row', units, rounds.reward, rounds.cluster, options.baseline, estimates);
}

/**
 * Estimates the evaluated policy's reward per slate by each estimator.
 * @throws ApiError where arrays have inconsistent lengths.
 */
export function evaluateSlates(
  slates: LoggedSlates,
  estimators: readonly SlateEstimator[] = SLATE_ESTIMATORS,
  options: SlateOptions = {},
): OffPolicyReport {
  const estimates = estimators.map((estimator) => estimateSlates(estimator, slates, options));
  const earned = slateRewards(slates);
  return report('slate', earned.length, earned, slates.cluster, options.baseline, estimates);
}

function report(
  unit: OffPolicyReport['unit'],
  units: number,
  earned: ArrayLike<number>,
  cluster: ArrayLike<number> | undefined,
  baseline: object | undefined,
  estimates: readonly OffPolicyEstimate[],
): OffPolicyReport {
  const logged = clusteredMean(earned, cluster ?? Uint32Array.from({ length: units }, (_, i) => i));
  return {
    unit,
    units,
    ...(logged && { logged }),
    baseline: baseline === undefined ? 'what served' : 'another policy',
    estimates,
  };
}
