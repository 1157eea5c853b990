import type { ArmComparison } from './experiment-report.ts';
import { holm } from '../statistics/multiple-testing.ts';

/**
 * Keeps only the trends that are significant after adjustment over all metrics and arms (Holm), by always-valid
 * p-values.
 */
export function correctTrends(
  comparisons: readonly Omit<ArmComparison, 'verdict'>[],
  alpha: number,
): Omit<ArmComparison, 'verdict'>[] {
  const trends = comparisons
    .flatMap(({ novelty }) => novelty)
    .flatMap(({ found }) => (found.kind === 'novelty' ? [found] : []));
  const adjusted = holm(trends.map(({ sequential }) => sequential.pValue));
  return comparisons.map((comparison) => ({
    ...comparison,
    novelty: comparison.novelty.map(({ metric, found }) => {
      const isInsignificant = found.kind === 'novelty' && adjusted[trends.indexOf(found)] >= alpha;
      return { metric, found: isInsignificant ? { ...found, trend: 'none' as const } : found };
    }),
  }));
}
