import { studentCdf, studentQuantile } from './distributions.ts';
import type { PointEstimate } from './effect.ts';

export type Alternative = 'two-sided' | 'greater' | 'less';

export interface TestOptions {
  readonly alpha?: number;
  readonly alternative?: Alternative;
}

/** A test's p-value and the confidence interval of the effect; a one-sided interval ends at ±Infinity. */
export interface TestResult {
  readonly pValue: number;
  /** Confidence interval of the effect at level 1 − alpha, in the effect's unit. */
  readonly low: number;
  readonly high: number;
}

/**
 * Welch's t test (1947). Valid for a single analysis at a time fixed in advance; for repeated looks use
 * `sequentialTest`.
 * @returns also `t`, the effect divided by its standard error.
 * @throws where alpha is not in (0, 1).
 */
export function welchTest(
  { estimate, standardError, df }: PointEstimate,
  { alpha = 0.05, alternative = 'two-sided' }: TestOptions = {},
): TestResult & { readonly t: number } {
  checkAlpha(alpha);
  const t = estimate / standardError;
  const half =
    -studentQuantile(alternative === 'two-sided' ? alpha / 2 : alpha, df) * standardError;
  return {
    t,
    pValue: pValueOf(t, (x) => studentCdf(x, df), alternative),
    ...intervalAround(estimate, half, alternative),
  };
}

/** The interval `estimate ± half`, open at one end where the alternative is one-sided. */
export function intervalAround(estimate: number, half: number, alternative: Alternative) {
  return {
    low: alternative === 'less' ? -Infinity : estimate - half,
    high: alternative === 'greater' ? Infinity : estimate + half,
  };
}

export function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) {
    throw new Error(`alpha must be between 0 and 1, usually 0.05, not ${alpha}`);
  }
}

/** P-value of a statistic whose null distribution is symmetric about 0. @param cdf of that distribution. */
export function pValueOf(
  statistic: number,
  cdf: (x: number) => number,
  alternative: Alternative,
): number {
  switch (alternative) {
    case 'two-sided':
      return 2 * cdf(-Math.abs(statistic));
    case 'greater':
      return cdf(-statistic);
    case 'less':
      return cdf(statistic);
    default:
      return alternative satisfies never;
  }
}
