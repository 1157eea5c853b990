import { normalCdf } from './distributions.ts';
import type { PointEstimate } from './effect.ts';
import { sequentialReach } from './sequential-test.ts';

/**
 * How likely the lower bound of a confidence sequence is to lie above a target at a later look, given what was seen so
 * far: the power, averaged over what the true effect may be under a flat prior (Spiegelhalter, Freedman & Blackburn 1986;
 * Jennison & Turnbull 2000, section 10.3). With `t = n / atN`, `z` the distance from the target in standard errors, and `c`
 * the reach of `sequentialTest` at `atN`, it is `Φ((z − c√t) / √(1 − t))`. Looks in between would add little.
 * @param atN units at the later look, on the scale of the estimate's `n`; `Infinity` where there is no last one. @param alpha of the two-sided sequence.
 * @returns 0..1; where nothing more is to come, 1 or 0 by the bound as it is.
 */
export function predictivePower(
  { estimate, standardError, n }: Pick<PointEstimate, 'estimate' | 'standardError' | 'n'>,
  { target, atN, alpha }: { readonly target: number; readonly atN: number; readonly alpha: number },
): number {
  const z = (estimate - target) / standardError;
  if (atN === Infinity) return normalCdf(z);
  if (atN <= n) return z > sequentialReach(n, alpha) ? 1 : 0;
  const t = n / atN;
  return normalCdf((z - sequentialReach(atN, alpha) * Math.sqrt(t)) / Math.sqrt(1 - t));
}
