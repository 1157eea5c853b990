import { studentQuantile, studentTwoSided } from '../statistics/distributions.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';

/**
 * Whether a mean lies above 0: Student's t test, one-sided, with the degrees of freedom of its 95 % interval. One of several
 * comparisons gets an equal part of their error rate (Bonferroni).
 * @param alpha error rate of all comparisons together.
 */
export function isGainCertain(
  { mean, low, clusters }: IntervalEstimate,
  alpha: number,
  comparisons: number,
): boolean {
  const error = (mean - low) / studentQuantile(0.975, clusters - 1);
  if (!(mean > 0 && error > 0)) return false;
  return studentTwoSided(mean / error, clusters - 1) / 2 <= alpha / comparisons;
}
