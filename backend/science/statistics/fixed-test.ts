import { studentCdf, studentQuantile, studentTwoSided } from './distributions.ts';
import type { Estimate } from './effect.ts';

export type Alternative = 'two-sided' | 'greater' | 'less';

export interface TestOptions {
  readonly alpha?: number;
  readonly alternative?: Alternative;
}

/** One-sided intervals are open at one end (±Infinity). */
export interface TestResult {
  readonly pValue: number;
  /** Interval of the effect at confidence 1 − alpha. */
  readonly low: number;
  readonly high: number;
}

/**
 * Welch's t test (1947), of one look at a time fixed beforehand; for daily peeking, `sequentialTest`.
 * @returns also `t`, the effect over its standard error.
 */
export function welchTest(
  { estimate, standardError, df }: Estimate,
  { alpha = 0.05, alternative = 'two-sided' }: TestOptions = {},
): TestResult & { readonly t: number } {
  checkAlpha(alpha);
  const t = estimate / standardError;
  const half =
    -studentQuantile(alternative === 'two-sided' ? alpha / 2 : alpha, df) * standardError;
  return { t, pValue: pValueOf(t, df, alternative), ...around(estimate, half, alternative) };
}

export function around(estimate: number, half: number, alternative: Alternative) {
  return {
    low: alternative === 'less' ? -Infinity : estimate - half,
    high: alternative === 'greater' ? Infinity : estimate + half,
  };
}

export function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) {
    throw new Error(`alpha lies in 0..1, 0.05 as a rule: ${alpha} does not`);
  }
}

function pValueOf(t: number, df: number, alternative: Alternative): number {
  switch (alternative) {
    case 'two-sided':
      return studentTwoSided(Math.abs(t), df);
    case 'greater':
      return studentCdf(-t, df);
    case 'less':
      return studentCdf(t, df);
    default:
      return alternative satisfies never;
  }
}
