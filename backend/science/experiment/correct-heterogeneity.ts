import type { Comparison } from './experiment-report.ts';
import { holm } from '../statistics/multiple-testing.ts';

/**
 * Whether effects differ between segments is asked of every metric by every attribute in every arm, some hundred times: a
 * difference counts where it stands beside all the others (Holm).
 */
export function settleDifferences(
  comparisons: readonly Omit<Comparison, 'verdict'>[],
): Omit<Comparison, 'verdict'>[] {
  const asked = comparisons
    .flatMap(({ segments }) => segments)
    .flatMap(({ heterogeneity }) =>
      heterogeneity.kind === 'heterogeneity' ? [heterogeneity] : [],
    );
  const adjusted = holm(asked.map(({ pValue }) => pValue));
  return comparisons.map((comparison) => ({
    ...comparison,
    segments: comparison.segments.map((of) => {
      if (of.heterogeneity.kind === 'no-answer') return of;
      const adjustedP = adjusted[asked.indexOf(of.heterogeneity)];
      return { ...of, heterogeneity: { ...of.heterogeneity, adjustedP } };
    }),
  }));
}
