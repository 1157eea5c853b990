import { addCrossProducts } from './cross-products.ts';
import type { ArmStatistics } from './experiment-statistics.ts';
import { type Statistic } from '../statistics/statistics.ts';
import { addStatistics } from '../statistics/statistic-kinds.ts';

/**
 * Adds the statistics of two cells (days, shards) of one arm.
 * @throws where they belong to different arms or count different metrics.
 */
export function addArms(a: ArmStatistics, b: ArmStatistics): ArmStatistics {
  if (a.arm !== b.arm)
    throw new Error(`units of ${a.arm} and of ${b.arm} do not add up: add one arm`);
  const [names, others] = [a, b].map(({ statistics }) => Object.keys(statistics).toSorted());
  if (names.join(' ') !== others.join(' ')) {
    throw new Error(
      `cells with [${names.join(', ')}] and [${others.join(', ')}] do not add up: count the same metrics in all`,
    );
  }
  const statistics = names.map(
    (name) => [name, addStatistics<Statistic>(a.statistics[name], b.statistics[name])] as const,
  );
  return Object.freeze({
    arm: a.arm,
    units: a.units + b.units,
    statistics: Object.freeze(Object.fromEntries(statistics)),
    products: addCrossProducts(a.products, b.products),
  });
}

/** The sum of an arm's cells; undefined where it has none, because no unit was exposed to it yet. */
export function totalOf(cells: readonly ArmStatistics[], arm: string): ArmStatistics | undefined {
  const own = cells.filter((cell) => cell.arm === arm);
  return own.length === 0 ? undefined : own.reduce(addArms);
}
