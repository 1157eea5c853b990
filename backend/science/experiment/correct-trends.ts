import type { Comparison } from './experiment-report.ts';
import { holm } from '../statistics/multiple-testing.ts';

/** A trend is called only where it stands beside all metrics' and arms' trends (Holm), and may be read daily. */
export function settleTrends(
  comparisons: readonly Omit<Comparison, 'verdict'>[],
  alpha: number,
): Omit<Comparison, 'verdict'>[] {
  const trends = comparisons
    .flatMap(({ novelty }) => novelty)
    .flatMap(({ found }) => (found.kind === 'novelty' ? [found] : []));
  const adjusted = holm(trends.map(({ sequential }) => sequential.pValue));
  return comparisons.map((comparison) => ({
    ...comparison,
    novelty: comparison.novelty.map(({ metric, found }) => {
      const isChance = found.kind === 'novelty' && adjusted[trends.indexOf(found)] >= alpha;
      return { metric, found: isChance ? { ...found, trend: 'none' as const } : found };
    }),
  }));
}
