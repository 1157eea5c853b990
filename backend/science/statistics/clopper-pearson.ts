import { incompleteBeta } from './distributions.ts';

/**
 * Exact interval of a probability (Clopper & Pearson, 1934): quantiles of `Beta(x, n − x + 1)` and `Beta(x + 1, n − x)`. It
 * covers at least 1 − alpha of the time, however rare the successes. With x = Σ xᵢ of values in 0..1 instead of
 * successes it is at least as safe, because no variable in 0..1 spreads more than a success with the same mean (Hoeffding, 1963).
 * @param successes in 0..`tries`, not necessarily whole. @param tries above 0.
 */
export function clopperPearson(
  successes: number,
  tries: number,
  alpha = 0.05,
): { low: number; high: number } {
  const failures = tries - successes;
  return {
    low: successes > 0 ? betaQuantile(alpha / 2, successes, failures + 1) : 0,
    high: failures > 0 ? betaQuantile(1 - alpha / 2, successes + 1, failures) : 1,
  };
}

/** By bisection, to the last bit or nearly. */
function betaQuantile(share: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 200 && high - low > 1e-16 * high; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
