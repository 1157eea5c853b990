import { MINIMUM_EXPERIMENTS } from '../../science/metric-weighting/minimums.ts';
import type { PastExperiment, UnitTable } from '../../science/metric-weighting/unit-table.ts';

/**
 * Experiments give evidence about a metric only if all of them measured it. Where there are enough experiments to learn
 * from, weights are learned for those metrics alone; else for all metrics of the units.
 */
export function pooledTable(table: UnitTable, experiments: readonly PastExperiment[]): UnitTable {
  if (new Set(experiments.map(({ id }) => id)).size < MINIMUM_EXPERIMENTS) return table;
  const metrics = table.metrics.filter(({ name }) =>
    experiments.every(({ effects }) => name in effects),
  );
  return metrics.length === 0 ? table : { ...table, metrics };
}
