import { incompleteBeta } from './distributions.ts';

/**
 * Exact two-sided McNemar test (1947): under the null hypothesis that two rules are right equally often, each is the
 * right one in half of the cases in which only one of them is right. The lower tail of the binomial distribution with
 * n = first + second and p = 1/2 is `P(X ≤ k) = I_{1/2}(n − k, k + 1)`, which does not underflow for large n.
 * @param firstOnly cases in which only the first rule is right. @param secondOnly likewise of the second.
 * @returns the p-value.
 */
export function mcnemarTwoSided(firstOnly: number, secondOnly: number): number {
  const n = firstOnly + secondOnly;
  const fewer = Math.min(firstOnly, secondOnly);
  if (2 * fewer >= n) return 1;
  return Math.min(1, 2 * incompleteBeta(0.5, n - fewer, fewer + 1));
}
