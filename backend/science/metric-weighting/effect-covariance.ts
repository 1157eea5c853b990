import type { ObservedEffects } from './experiment-effects.ts';

/**
 * Covariance Λ of the true effects, given the known covariance Σ of their sampling errors: x ~ (0, Λ + Σ). Estimated by
 * the EM algorithm (Dempster, Laird & Rubin, 1977), which keeps Λ positive semi-definite, whereas subtracting Σ from
 * the observed covariance would not (Cunningham & Kim, 2020; Tripuraneni et al., 2023). Only second moments are
 * assumed: the expected score is 0 at the true Λ for any distribution. Second moments are taken around 0 and not around
 * the mean, because which arm is called the treatment is arbitrary.
 * @param weights one per treatment. @param iterations of EM. @param start starting value of Λ. @returns M × M,
 * row-major.
 */
export function trueEffectCovariance(
  effects: readonly ObservedEffects[],
  weights: ArrayLike<number>,
  iterations: number,
  start: Float64Array = observedVariances(effects, weights),
): Float64Array {
  const size = effects[0].x.length;
  let covariance = start;
  // With Λ + Σ = LLᵀ, B = L⁻¹Λ and u = L⁻¹x, the posterior has mean Bᵀu and covariance Λ − BᵀB. Column j of `halves` is
  // column j of B, and the last one is u. This is the innermost loop of every bootstrap, so it allocates nothing.
  const lower = new Float64Array(size * size);
  const halves = new Float64Array(size * (size + 1));
  const mean = new Float64Array(size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next = new Float64Array(size * size);
    let total = 0;
    for (let e = 0; e < effects.length; e++) {
      const { x, errorCovariance } = effects[e];
      choleskyOfSum(covariance, errorCovariance, lower, size);
      for (let i = 0; i < size; i++)
        for (let j = 0; j <= size; j++) {
          let value = j < size ? covariance[i * size + j] : x[i];
          for (let k = 0; k < i; k++) value -= lower[i * size + k] * halves[k * (size + 1) + j];
          halves[i * (size + 1) + j] = value / lower[i * size + i];
        }
      mean.fill(0);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++)
          mean[j] += halves[i * (size + 1) + j] * halves[i * (size + 1) + size];
      for (let i = 0; i < size; i++)
        for (let j = 0; j <= i; j++) {
          let explained = 0;
          for (let k = 0; k < size; k++)
            explained += halves[k * (size + 1) + i] * halves[k * (size + 1) + j];
          next[i * size + j] +=
            weights[e] * (mean[i] * mean[j] + covariance[i * size + j] - explained);
        }
      total += weights[e];
    }
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) next[j * size + i] = next[i * size + j] /= total;
    covariance = next;
  }
  return covariance;
}

/**
 * Cholesky factor of A + B. B is positive definite, so every pivot is above 0; a lower bound protects against rounding.
 */
function choleskyOfSum(a: Float64Array, b: Float64Array, into: Float64Array, size: number): void {
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const entry = a[i * size + j] + b[i * size + j];
      let pivot = entry;
      for (let k = 0; k < j; k++) pivot -= into[i * size + k] * into[j * size + k];
      into[i * size + j] =
        i === j ? Math.sqrt(Math.max(pivot, 1e-12 * entry)) : pivot / into[j * size + j];
    }
}

/** Diagonal matrix of the weighted mean squares of the observed effects. */
function observedVariances(effects: readonly ObservedEffects[], weights: ArrayLike<number>) {
  const size = effects[0].x.length;
  const squares = new Float64Array(size * size);
  let total = 0;
  effects.forEach(({ x }, e) => {
    for (let i = 0; i < size; i++) squares[i * size + i] += weights[e] * x[i] * x[i];
    total += weights[e];
  });
  return squares.map((value) => value / total);
}
