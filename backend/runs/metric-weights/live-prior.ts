import type { NumberColumn } from '../../science/metric-weighting/unit-table.ts';

/**
 * The prior means of the weights: as declared; else all metrics that have a good direction have equal weights, and cells
 * of the heat map and features have none.
 */
export function livePrior(
  metrics: readonly NumberColumn[],
  declared: Readonly<Record<string, number>> | undefined,
): Record<string, number> {
  const directed = metrics.filter(({ better }) => better !== undefined).length;
  const equal = { higher: 1 / directed, lower: -1 / directed };
  const believed = ({ name, better }: NumberColumn) =>
    declared === undefined ? better && equal[better] : declared[name];
  return Object.fromEntries(metrics.map((metric) => [metric.name, believed(metric) ?? 0]));
}
