import { DEFAULT_METRICS, type MetricDefinition } from '../../../shared/domain/metric.ts';

/**
 * What weights are learned for, by the names under which experiments measure it: a metric's weight meets its effect
 * by name. A ratio of sums has no value per unit, so clicks count per unit instead.
 */
export const UNIT_METRICS: readonly MetricDefinition[] = [
  ...DEFAULT_METRICS.filter(({ kind }) => kind !== 'ratio'),
  { name: 'clicks', kind: 'mean', numerator: 'click', better: 'higher' },
  { name: 'scroll_share', kind: 'mean', numerator: 'scroll_share', better: 'higher' },
  { name: 'form_share', kind: 'mean', numerator: 'form_share', better: 'higher' },
];

const REWARDS: ReadonlyMap<string, string> = new Map(
  UNIT_METRICS.map(({ name, numerator }) => [name, numerator]),
);

/**
 * The reward metric that an event behind a unit's metric earns: a click for `click_through`. undefined for what
 * happens to no item (pointer activity, use of features), which training cannot reward.
 */
export const rewardMetricOf = (metric: string): string | undefined => REWARDS.get(metric);
