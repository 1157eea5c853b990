import { residuals, shrinkWeights, type ModelledRounds } from './doubly-robust.ts';

/** The bound of the bias holds with probability 1 − δ. */
const DELTA = 0.1;
const GRID = 30;

/**
 * The λ of DRos with the smallest upper bound of its mean squared error (Su et al., ICML 2020, section 5):
 * `Var(ψ) / n + bias²`, `bias ≤ |1/n Σ (w − ŵ)(r − q̂)| + √(2 E[w²] log(2/δ) / n) + 2 max(w) log(2/δ) / (3n)`
 * (Bernstein; obp `estimate_high_probability_upper_bound_bias`).
 */
export function tuneShrinkage(
  rounds: ModelledRounds,
  weights: Float64Array,
  lambdas: readonly number[] = shrinkageGrid(weights),
): number {
  const n = weights.length;
  const residual = residuals(rounds);
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0) / n;
  const largest = weights.reduce((max, weight) => Math.max(max, weight), 0);
  const confidence = Math.log(2 / DELTA);
  const slack = Math.sqrt((2 * squares * confidence) / n) + (2 * largest * confidence) / (3 * n);
  let best = { lambda: Number.POSITIVE_INFINITY, error: Number.POSITIVE_INFINITY };
  for (const lambda of lambdas) {
    const used = shrinkWeights(weights, lambda);
    let [bias, sum, sumOfSquares] = [0, 0, 0];
    for (let row = 0; row < n; row++) {
      bias += ((weights[row] - used[row]) * residual[row]) / n;
      // Relative to the first row's prediction, to avoid cancellation in the variance.
      const term =
        rounds.model.expected[row] - rounds.model.expected[0] + used[row] * residual[row];
      sum += term;
      sumOfSquares += term * term;
    }
    const variance = sumOfSquares / n - (sum / n) ** 2;
    const error = variance / n + (Math.abs(bias) + slack) ** 2;
    if (error < best.error) best = { lambda, error };
  }
  return best.lambda;
}

/**
 * 30 values in a geometric sequence from `0.01 · w₀.₀₅²` to `100 · w₀.₉₅²` (quantiles of the positive weights), and ∞:
 * plain DR.
 */
function shrinkageGrid(weights: Float64Array): number[] {
  const sorted = weights.filter((weight) => weight > 0).toSorted();
  if (sorted.length === 0) return [Number.POSITIVE_INFINITY];
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  const [low, high] = [0.01 * quantile(0.05) ** 2, 100 * quantile(0.95) ** 2];
  const grid = Array.from({ length: GRID }, (_, i) => low * (high / low) ** (i / (GRID - 1)));
  return [...grid, Number.POSITIVE_INFINITY];
}
