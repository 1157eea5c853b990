import { numeratorName, type MetricDefinition } from '../../shared/domain/metric.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { winsorCap } from '../science/statistics/statistics.ts';
import type { MetricValues, Values } from './arm-totals.ts';
import { unitColumn, type UnitColumn } from './unit-column.ts';
import type { UnitValues } from './read-unit-columns.ts';

/** The columns that the metrics are computed from, each once. */
export function columnsOf(metrics: readonly MetricDefinition[]): UnitColumn[] {
  const columns = metrics.flatMap((metric) => {
    const { numerator, denominator } = metric;
    const top = numeratorColumn(metric, known(numerator));
    return denominator === undefined ? [top] : [top, known(denominator)];
  });
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

function known(name: string): UnitColumn {
  const column = unitColumn(name);
  if (column === undefined)
    throw new Error(`there is no column "${name}": the metric was not checked`);
  return column;
}

function numeratorColumn(metric: MetricDefinition, column: UnitColumn): UnitColumn {
  const name = numeratorName(metric);
  const { where, sum, horizonDays } = metric;
  if (column.from === 'events')
    return {
      ...column,
      name,
      ...(sum !== undefined && { by: 'sum' }),
      ...(where !== undefined && { where }),
    };
  if (horizonDays === undefined || column.from !== 'outcomes') return column;
  return { ...column, name, withinMs: horizonDays * DAY_MS };
}

/**
 * Proportions are 0 or 1, amounts are capped at their percentile of all arms' units together.
 * @param pre of units whose past is known. @param sinceMs how long ago each unit was first exposed, where it is known: a
 * unit whose horizon is not over is not counted.
 */
export const metricValues = (
  metrics: readonly MetricDefinition[],
  post: UnitValues,
  pre: UnitValues | undefined,
  sinceMs?: Float64Array,
): MetricValues[] =>
  metrics.map((metric) => {
    const { horizonDays } = metric;
    const counted =
      horizonDays === undefined || sinceMs === undefined
        ? undefined
        : Uint8Array.from(sinceMs, (since) => Number(since >= horizonDays * DAY_MS));
    return {
      metric,
      post: valuesOf(metric, post, counted),
      ...(pre !== undefined && { pre: valuesOf(metric, pre, counted) }),
      ...(counted && { counted }),
    };
  });

function valuesOf(metric: MetricDefinition, of: UnitValues, counted?: Uint8Array): Values {
  const found = of.get(numeratorName(metric))!;
  const numerator = countedAs(
    metric,
    counted === undefined ? found : found.map((value, unit) => value * counted[unit]),
  );
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
