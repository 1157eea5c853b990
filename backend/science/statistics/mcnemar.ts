/**
 * Exact two-sided McNemar test (1947): under the null hypothesis that two rules are right equally often, each is the
 * right one in half of the cases in which only one of them is right.
 * @param firstOnly cases in which only the first rule is right. @param secondOnly likewise of the second.
 * @returns the p-value.
 */
export function mcnemarTwoSided(firstOnly: number, secondOnly: number): number {
  const n = firstOnly + secondOnly;
  const fewer = Math.min(firstOnly, secondOnly);
  let term = 0.5 ** n;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    tail += term;
    term *= (n - k) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}
