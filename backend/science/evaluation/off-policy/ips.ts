import type { LoggedRounds } from './rounds.ts';

/** A top-slot estimator's terms, one per row, and the weights as it used them. */
export interface RowTerms extends UnseenTerm {
  readonly values: Float64Array;
  readonly used: Float64Array;
  /** The mean of the values minus that of DR, where a model replaces weight that was removed. */
  readonly replaced?: number;
}

/** What the term of a row would be that was not seen: `offset + weight × (reward − centre)`. */
export interface UnseenTerm {
  readonly offset: number;
  readonly centre: number;
}

/**
 * Inverse propensity scoring: `V̂ = 1/n Σ wᵢ rᵢ` (Horvitz & Thompson, 1952; Strehl et al., NIPS 2010). Clipped:
 * `wᵢ := min(wᵢ, limit)` (Ionides, 2008; obp `InverseProbabilityWeighting(lambda_)`), which has less variance and is
 * biased towards 0 by the weight removed.
 * @param weights importance weights `wᵢ = π_e / π_b`.
 */
export function ips(
  { reward }: LoggedRounds,
  weights: Float64Array,
  limit = Number.POSITIVE_INFINITY,
): RowTerms {
  const used = weights.map((weight) => Math.min(weight, limit));
  return { values: used.map((weight, row) => weight * reward[row]), used, offset: 0, centre: 0 };
}

/**
 * Self-normalised IPS: `V̂ = Σ wᵢ rᵢ / Σ wᵢ` (Swaminathan & Joachims, NIPS 2015). Delta method:
 * `ψᵢ = V̂ + wᵢ (rᵢ − V̂) / w̄`.
 */
export function snips({ reward }: LoggedRounds, weights: Float64Array): RowTerms {
  const values = ratioTerms(reward, weights);
  const ratio = mean(values);
  return { values, used: weights, offset: ratio, centre: ratio };
}

/**
 * Terms of the ratio `θ = Σ wᵢ yᵢ / Σ wᵢ`: their mean is θ, and their deviations from it are its influence function.
 */
export function ratioTerms(y: ArrayLike<number>, weights: Float64Array): Float64Array {
  let [sum, total] = [0, 0];
  for (let row = 0; row < weights.length; row++) {
    sum += weights[row] * y[row];
    total += weights[row];
  }
  const ratio = sum / total;
  const mean = total / weights.length;
  return weights.map((weight, row) => ratio + (weight * (y[row] - ratio)) / mean);
}

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
};
