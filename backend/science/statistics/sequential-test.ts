import type { Estimate } from './effect.ts';
import {
  type Alternative,
  around,
  checkAlpha,
  type TestOptions,
  type TestResult,
} from './fixed-test.ts';

export interface SequentialOptions extends TestOptions {
  /** Units of both arms at which the interval is tightest. */
  readonly tuning?: number;
}

/**
 * Always-valid confidence sequence and p-value: hold at every look at once, so an experiment may be read daily and
 * stopped at any time. Asymptotic, normal mixture: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2021), eq. 9 and 155
 * (two-sided), with GrowthBook's one-sided form. With ρ from the tuning parameter and s² = SE²·n:
 * `half = √(s² · 2(nρ²+1)/(nρ)² · ln(√(nρ²+1)/α))`, one-sided `ln(1 + √(nρ²+1)/(2α))`.
 * Coverage is asymptotic: a relative effect of a rare, skewed metric (revenue) errs to "less" before some thousand units an
 * arm; decide on the absolute one there.
 * One-sided p-values are found between 0.00001 and 0.4999 and end there.
 * @throws where alpha is 0.5 or more, one-sided.
 */
export function sequentialTest(
  effect: Estimate,
  { alpha = 0.05, alternative = 'two-sided', tuning = 5000 }: SequentialOptions = {},
): TestResult {
  checkAlpha(alpha);
  if (!(tuning > 0)) throw new Error(`the tuning parameter is a number of units, not ${tuning}`);
  const twoSided = alternative === 'two-sided';
  if (!twoSided && alpha >= 0.5) {
    throw new Error(`a one-sided confidence sequence needs alpha below 0.5, not ${alpha}`);
  }
  const nRho2 = informationOf(effect.n, twoSided ? alpha : 2 * alpha, tuning);
  const half = halfWidth(effect.standardError, nRho2, alternative, alpha);
  const pValue = twoSided ? twoSidedP(effect, nRho2) : oneSidedP(effect, nRho2, alternative);
  return { pValue, ...around(effect.estimate, half, alternative) };
}

/** Half of the two-sided interval at `n` units of both arms, in standard errors: what 1.96 is to one look. */
export const sequentialReach = (n: number, alpha = 0.05, tuning = 5000): number =>
  halfWidth(1, informationOf(n, alpha, tuning), 'two-sided', alpha);

/** `nρ²`, ρ such that the interval is tightest at `tuning` units. */
function informationOf(n: number, alpha: number, tuning: number): number {
  const level = -2 * Math.log(alpha);
  return (n * (level + Math.log(level + 1))) / tuning;
}

function halfWidth(error: number, nRho2: number, alternative: Alternative, alpha: number): number {
  const root = Math.sqrt(nRho2 + 1);
  const log = alternative === 'two-sided' ? Math.log(root / alpha) : Math.log1p(root / (2 * alpha));
  return error * Math.sqrt((2 * (nRho2 + 1) * log) / nRho2);
}

/** The inverse of the mixture's e-value. */
function twoSidedP({ estimate, standardError }: Estimate, nRho2: number): number {
  const z2 = (estimate / standardError) ** 2;
  const logE = (nRho2 * z2) / (2 * (nRho2 + 1)) - Math.log1p(nRho2) / 2;
  return Math.min(1, Math.exp(-logE));
}

/**
 * The alpha at which the bound touches 0, halving in until it is within 1e-6 of 0: GrowthBook's own stop, kept because
 * p-values here are compared with its. The bound, not this p-value, decides.
 */
function oneSidedP(effect: Estimate, nRho2: number, alternative: Alternative): number {
  const estimate = alternative === 'greater' ? effect.estimate : -effect.estimate;
  const bound = (alpha: number) =>
    estimate - halfWidth(effect.standardError, nRho2, alternative, alpha);
  let [low, high] = [1e-5, 0.4999];
  if (bound(low) > 0) return low;
  if (bound(high) < 0) return high;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    const found = bound(middle);
    if (found < 0) low = middle;
    else high = middle;
    if (Math.abs(found) < 1e-6) break;
  }
  return (low + high) / 2;
}
