import { unitMetricName } from '../../log/account/unit-metrics.ts';
import type { NumberColumn } from '../../science/metric-weighting/unit-table.ts';

/**
 * The prior means of the weights: as declared; else all metrics that have a good direction have equal weights, and cells
 * of the heat map and features have none.
 */
export function livePrior(
  metrics: readonly NumberColumn[],
  declared: Readonly<Record<string, number>> | undefined,
): Record<string, number> {
  if (declared !== undefined)
    return declaredPrior(
      metrics.map(({ name }) => name),
      declared,
    );
  const directed = metrics.filter(({ better }) => better !== undefined).length;
  const equal = { higher: 1 / directed, lower: -1 / directed };
  return Object.fromEntries(metrics.map(({ name, better }) => [name, better ? equal[better] : 0]));
}

/** The declared means of the given metrics, 0 where none is; a mean of an earlier name is one of the metric of now. */
export function declaredPrior(
  metrics: readonly string[],
  declared: Readonly<Record<string, number>>,
): Record<string, number> {
  const renamed = Object.fromEntries(
    Object.entries(declared).map(([name, mean]) => [unitMetricName(name), mean]),
  );
  const named = { ...renamed, ...declared };
  return Object.fromEntries(metrics.map((name) => [name, named[name] ?? 0]));
}
