import type { PointEstimate } from './effect.ts';
import {
  type Alternative,
  intervalAround,
  checkAlpha,
  type TestOptions,
  type TestResult,
} from './fixed-test.ts';

export interface SequentialOptions extends TestOptions {
  /** Units of both arms at which the confidence sequence is narrowest. */
  readonly tuning?: number;
}

/**
 * Always-valid confidence sequence and p-value: they are valid at all looks simultaneously, so an experiment may be
 * analysed daily and stopped at any time. Asymptotic confidence sequence with a normal mixture: Waudby-Smith, Arbour,
 * Sinha, Kennedy & Ramdas (2021), eq. 9 and 155 (two-sided); one-sided as in GrowthBook. With ρ from the tuning
 * parameter and s² = SE²·n, half the width is `√(s² · 2(nρ²+1)/(nρ)² · ln(√(nρ²+1)/α))`; one-sided, the logarithm is
 * `ln(1 + √(nρ²+1)/(2α))`. Coverage holds only asymptotically. Where a metric is rare or skewed it needs a standard error that was taken
 * under the null hypothesis (`effectOf` with a hypothesis), and `relativeInterval` for a relative effect. One-sided
 * p-values are limited to 0.00001..0.4999.
 * @throws where alpha is not in (0, 1), or one-sided not below 0.5.
 */
export function sequentialTest(
  effect: PointEstimate,
  { alpha = 0.05, alternative = 'two-sided', tuning = 5000 }: SequentialOptions = {},
): TestResult {
  checkAlpha(alpha);
  if (!(tuning > 0))
    throw new Error(`the tuning parameter must be a number of units above 0, not ${tuning}`);
  const twoSided = alternative === 'two-sided';
  if (!twoSided && alpha >= 0.5) {
    throw new Error(`a one-sided confidence sequence needs alpha below 0.5, not ${alpha}`);
  }
  const nRho2 = informationOf(effect.n, twoSided ? alpha : 2 * alpha, tuning);
  const half = halfWidth(effect.standardError, nRho2, alternative, alpha);
  const pValue = twoSided ? twoSidedP(effect, nRho2) : oneSidedP(effect, nRho2, alternative);
  return { pValue, ...intervalAround(effect.estimate, half, alternative) };
}

/**
 * Half the width of the two-sided confidence sequence at `n` units of both arms, in standard errors; a fixed-horizon
 * test has 1.96.
 */
export const sequentialReach = (n: number, alpha = 0.05, tuning = 5000): number =>
  halfWidth(1, informationOf(n, alpha, tuning), 'two-sided', alpha);

/** `nρ²`, with ρ such that the sequence is narrowest at `tuning` units. */
function informationOf(n: number, alpha: number, tuning: number): number {
  const level = -2 * Math.log(alpha);
  return (n * (level + Math.log(level + 1))) / tuning;
}

function halfWidth(error: number, nRho2: number, alternative: Alternative, alpha: number): number {
  const root = Math.sqrt(nRho2 + 1);
  const log = alternative === 'two-sided' ? Math.log(root / alpha) : Math.log1p(root / (2 * alpha));
  return error * Math.sqrt((2 * (nRho2 + 1) * log) / nRho2);
}

/** `1 / e`, e the e-value of the normal mixture. */
function twoSidedP({ estimate, standardError }: PointEstimate, nRho2: number): number {
  const z2 = (estimate / standardError) ** 2;
  const logE = (nRho2 * z2) / (2 * (nRho2 + 1)) - Math.log1p(nRho2) / 2;
  return Math.min(1, Math.exp(-logE));
}

/**
 * The alpha at which the bound reaches 0, by bisection until the bound is within 1e-6 of 0. GrowthBook stops there too,
 * and tests compare these p-values with its own. Decisions are made by the bound, not by this p-value.
 */
function oneSidedP(effect: PointEstimate, nRho2: number, alternative: Alternative): number {
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
