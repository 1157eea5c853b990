import type { MetricDefinition } from '../../shared/domain/metric.ts';
import { winsorCap } from '../science/statistics/statistics.ts';
import type { MetricValues, Values } from './arm-totals.ts';
import { unitColumn, type UnitColumn } from './unit-column.ts';
import type { UnitValues } from './read-unit-columns.ts';

/** The columns that the metrics are computed from, each once. */
export function columnsOf(metrics: readonly MetricDefinition[]): UnitColumn[] {
  const names = metrics.flatMap(({ numerator, denominator }) =>
    denominator === undefined ? [numerator] : [numerator, denominator],
  );
  return [...new Set(names)].map((name) => {
    const column = unitColumn(name);
    if (column === undefined)
      throw new Error(`there is no column "${name}": the metric was not checked`);
    return column;
  });
}

/**
 * Proportions are 0 or 1, amounts are capped at their percentile of all arms' units together.
 * @param pre of units whose past is known.
 */
export const metricValues = (
  metrics: readonly MetricDefinition[],
  post: UnitValues,
  pre: UnitValues | undefined,
): MetricValues[] =>
  metrics.map((metric) => ({
    metric,
    post: valuesOf(metric, post),
    ...(pre !== undefined && { pre: valuesOf(metric, pre) }),
  }));

function valuesOf(metric: MetricDefinition, of: UnitValues): Values {
  const numerator = countedAs(metric, of.get(metric.numerator)!);
  if (metric.denominator === undefined) return { numerator };
  return { numerator, denominator: of.get(metric.denominator)! };
}

function countedAs({ kind, winsorShare }: MetricDefinition, values: Float64Array): Float64Array {
  if (kind === 'proportion') return values.map((value) => (value > 0 ? 1 : 0));
  if (winsorShare === undefined) return values;
  // Over values above 0 only: where few units buy, a percentile over all units would be an ordinary price.
  const cap = winsorCap(values, winsorShare, { ignoreZeros: true });
  return values.map((value) => Math.min(value, cap));
}
