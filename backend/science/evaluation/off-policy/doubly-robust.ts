import type { LoggedRounds, ModelledRewards } from './rounds.ts';
import { mean, ratioTerms, type RowTerms, type UnseenTerm } from './ips.ts';

/** Rounds with the predictions of a reward model. */
export type ModelledRounds = LoggedRounds & { readonly model: ModelledRewards };

/**
 * Direct method: `V̂ = 1/n Σ q̂ᵢ^π`, `q̂ᵢ^π = Σₐ π_e(a | xᵢ) q̂(xᵢ, a)` (Beygelzimer & Langford, KDD 2009).
 */
export const directMethod = (rounds: ModelledRounds, weights: Float64Array): RowTerms =>
  drWithWeights(rounds, weights, new Float64Array(weights.length));

/** Doubly robust: `V̂ = 1/n Σ [q̂ᵢ^π + wᵢ (rᵢ − q̂(xᵢ, aᵢ))]` (Dudík, Langford & Li, ICML 2011). */
export const doublyRobust = (rounds: ModelledRounds, weights: Float64Array): RowTerms => ({
  values: drTerms(rounds, weights),
  used: weights,
  ...unseen(rounds),
});

/**
 * DR with modified weights ŵ: DM has weights of 0, SWITCH-DR and DRos reduce the large ones.
 *
 * The variance of their own terms is too small, because they ignore that q̂, which replaces the removed weight, was
 * itself learned from these rows. Where q̂ is consistent and not strongly shrunk, all these estimators have the
 * efficient influence function (Hahn, Econometrica 1998), which is that of DR. So the deviations are those of DR,
 * around the estimator's own mean. Where q̂ is wrong its bias is in the mean: DR, which is not biased, says by how much
 * (`replaced`), and the interval is widened to hold what DR's interval holds (`estimateFromTerms`).
 * @param weights importance weights per row. @param used the modified weights ŵ.
 */
export function drWithWeights(
  rounds: ModelledRounds,
  weights: Float64Array,
  used: Float64Array,
): RowTerms {
  const values = drTerms(rounds, weights);
  const replaced = mean(drTerms(rounds, used)) - mean(values);
  return { values: values.map((value) => value + replaced), used, replaced, ...unseen(rounds) };
}

const drTerms = ({ reward, model }: ModelledRounds, weights: Float64Array): Float64Array =>
  weights.map((weight, row) => model.expected[row] + weight * (reward[row] - model.logged[row]));

/**
 * Self-normalised DR: `V̂ = 1/n Σ q̂ᵢ^π + Σ wᵢ (rᵢ − q̂ᵢ) / Σ wᵢ` (Robins et al., 2007; Kallus & Uehara,
 * NeurIPS 2019).
 */
export function selfNormalisedDr(rounds: ModelledRounds, weights: Float64Array): RowTerms {
  const { expected } = rounds.model;
  const corrections = ratioTerms(residuals(rounds), weights);
  const values = corrections.map((value, row) => value + expected[row]);
  return { values, used: weights, ...unseen(rounds) };
}

/**
 * SWITCH-DR: `ŵ = w · 1[w ≤ threshold]` (Wang, Agarwal & Dudík, ICML 2017): above the threshold only the model is used.
 */
export const switchWeights = (weights: Float64Array, threshold: number): Float64Array =>
  weights.map((weight) => (weight <= threshold ? weight : 0));

/**
 * DR with optimistic shrinkage: `ŵ = λ w / (w² + λ)` (Su et al., ICML 2020): λ → ∞ is DR, λ = 0 is DM.
 */
export const shrinkWeights = (weights: Float64Array, lambda: number): Float64Array =>
  lambda === Number.POSITIVE_INFINITY
    ? weights
    : weights.map((weight) => (weight === 0 ? 0 : (lambda * weight) / (weight * weight + lambda)));

/** Residuals of the reward model, `rᵢ − q̂(xᵢ, aᵢ)`. */
export const residuals = ({ reward, model }: ModelledRounds): Float64Array =>
  Float64Array.from(reward, (r, row) => r - model.logged[row]);

const unseen = ({ model }: ModelledRounds): UnseenTerm => ({
  offset: mean(model.expected),
  centre: mean(model.logged),
});
