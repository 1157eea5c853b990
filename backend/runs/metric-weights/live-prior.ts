import type { NumberColumn } from '../../science/metric-weighting/unit-table.ts';

/**
 * What is believed of the metrics before any data: as declared; else each that has a good direction counts the same, and
 * cells of the heat map and features count nothing until they are seen to.
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
