import type { ArmComparison } from './experiment-report.ts';
import { holm } from '../statistics/multiple-testing.ts';

/**
 * Adjusts the p-values of all heterogeneity tests of a report together (Holm). Every metric is tested by every
 * attribute in every arm, which makes some hundred tests.
 */
export function correctHeterogeneity(
  comparisons: readonly Omit<ArmComparison, 'verdict'>[],
): Omit<ArmComparison, 'verdict'>[] {
  const tests = comparisons
    .flatMap(({ segments }) => segments)
    .flatMap(({ heterogeneity }) =>
      heterogeneity.kind === 'heterogeneity' ? [heterogeneity] : [],
    );
  const adjusted = holm(tests.map(({ pValue }) => pValue));
  return comparisons.map((comparison) => ({
    ...comparison,
    segments: comparison.segments.map((of) => {
      if (of.heterogeneity.kind === 'no-answer') return of;
      const adjustedP = adjusted[tests.indexOf(of.heterogeneity)];
      return { ...of, heterogeneity: { ...of.heterogeneity, adjustedP } };
    }),
  }));
}
