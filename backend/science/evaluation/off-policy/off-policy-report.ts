import { clusteredMean, type Estimate } from '../../statistics/interval.ts';
import type { OffPolicyEstimate } from './off-policy-estimate.ts';
import type { LoggedRounds } from './rounds.ts';
import { estimateSlates, type SlateEstimator, type SlateOptions } from './slate-estimators.ts';
import { slateRewards, type LoggedSlates } from './slates.ts';
import { estimateTopSlot, type TopSlotEstimator, type TopSlotOptions } from './top-slot.ts';

/** What the logs say of another policy, estimator by estimator. Plain data: JSON keeps all of it. */
export interface OffPolicyReport {
  /** `row`: one logged action each; `slate`: a whole ranking each. */
  readonly unit: 'row' | 'slate';
  readonly units: number;
  /** What was earned by whatever served the logs; absent where they are of fewer than two sessions. */
  readonly logged?: Estimate;
  /** What `gain` is over. */
  readonly baseline: 'what served' | 'another policy';
  readonly estimates: readonly OffPolicyEstimate[];
}

/** All but the two that want a parameter of their own, at usual settings. */
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

/** @throws ApiError where arrays do not fit together. */
export function evaluateTopSlot(
  rounds: LoggedRounds,
  estimators: readonly TopSlotEstimator[] = TOP_SLOT_ESTIMATORS,
  options: TopSlotOptions = {},
): OffPolicyReport {
  const estimates = estimators.map((estimator) => estimateTopSlot(estimator, rounds, options));
  const units = rounds.reward.length;
  return report('row', units, rounds.reward, rounds.cluster, options.baseline, estimates);
}

/** @throws ApiError where arrays do not fit together. */
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
