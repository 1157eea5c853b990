import {
  DEFAULT_METRICS,
  isOfSomeEvents,
  type MetricDefinition,
} from '../../../shared/domain/metric.ts';

/** What weights are learned for. A ratio of sums has no value per unit, so clicks count per unit instead. */
export const UNIT_METRICS: readonly MetricDefinition[] = [
  ...DEFAULT_METRICS.filter(({ kind }) => kind !== 'ratio'),
  { name: 'clicks', kind: 'mean', numerator: 'click', better: 'higher' },
  { name: 'scroll_share', kind: 'mean', numerator: 'scroll_share', better: 'higher' },
  { name: 'form_share', kind: 'mean', numerator: 'form_share', better: 'higher' },
];

/**
 * Whether a unit booked was called `conversion` before that became bookings started per click: weights that were learned
 * then, and priors that were declared then, are of what is `booked` now.
 */
export const unitMetricName = (name: string): string => (name === 'conversion' ? 'booked' : name);

/**
 * The metric by which an experiment measures what a weight was learned for: the one that counts the same, whatever it is
 * called.
 */
export function metricMeasuring(
  learned: string,
  metrics: readonly MetricDefinition[],
): MetricDefinition | undefined {
  const own = UNIT_METRICS.find(({ name }) => name === unitMetricName(learned));
  return metrics.find((metric) => {
    const { name, kind, numerator, horizonDays } = metric;
    if (isOfSomeEvents(metric)) return false;
    return own === undefined
      ? name === learned && horizonDays === undefined
      : kind === own.kind && numerator === own.numerator;
  });
}

/**
 * The reward metric that an event behind a unit's metric earns: a click for `click_through`. undefined for what
 * happens to no item (pointer activity, use of features), which training cannot reward.
 */
export const rewardMetricOf = (metric: string): string | undefined =>
  UNIT_METRICS.find(({ name }) => name === unitMetricName(metric))?.numerator;
