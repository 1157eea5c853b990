import { normalQuantile } from './distributions.ts';

/** An observed rate with its 95 % interval. */
export interface Proportion {
  /** Undefined where there were no tries: an unknown rate is not a rate of 0. */
  readonly rate?: number;
  readonly low?: number;
  readonly high?: number;
}

/** The rate of successes with its 95 % Wilson interval; empty without tries. */
export const wilson = (successes: number, tries: number): Proportion =>
  tries === 0 ? {} : { rate: successes / tries, ...wilsonInterval(successes, tries) };

/**
 * Score interval of a proportion at level 1 − alpha (Wilson, 1927):
 * `(p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n)`. Accurate also for small n and for rates near 0 and 1.
 * @param n tries, above 0.
 */
export function wilsonInterval(
  successes: number,
  n: number,
  alpha = 0.05,
): { low: number; high: number } {
  const z = normalQuantile(alpha / 2);
  const z2n = (z * z) / n;
  const rate = successes / n;
  const centre = (rate + z2n / 2) / (1 + z2n);
  const half = Math.sqrt(z2n * (rate * (1 - rate) + z2n / 4)) / (1 + z2n);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
