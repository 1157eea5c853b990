import { cholesky, solveCholesky, solveColumns } from '../statistics/cholesky.ts';
import type { ObservedEffects } from './experiment-effects.ts';
import { dot, multiply, sumOf } from '../statistics/matrix.ts';

/**
 * Covariance Λ of the true effects, told apart from the known covariance Σₑ of their errors: x ~ (0, Λ + Σₑ), by EM
 * (Dempster, Laird & Rubin, 1977), so that Λ stays positive semi-definite where subtracting would not (Cunningham &
 * Kim, 2020; Tripuraneni et al., 2023). Only second moments are assumed: the score is 0 at the truth for any shape.
 * Around 0 and not around their mean: which arm is called the treatment is no fact about metrics.
 * @param weights one per treatment. @param start Λ to go on from. @returns M × M.
 */
export function trueSpread(
  effects: readonly ObservedEffects[],
  weights: ArrayLike<number>,
  iterations: number,
  start: Float64Array = observedSpread(effects, weights),
): Float64Array {
  const size = effects[0].x.length;
  let spread = start;
  // With Λ + Σ = LLᵀ, B = L⁻¹Λ and u = L⁻¹x, the posterior has mean Bᵀu and covariance Λ − BᵀB. Column j of `halves` is
  // that of B, and the last one u. This is the innermost loop of every bootstrap, so it allocates nothing.
  const lower = new Float64Array(size * size);
  const halves = new Float64Array(size * (size + 1));
  const mean = new Float64Array(size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next = new Float64Array(size * size);
    let total = 0;
    for (let e = 0; e < effects.length; e++) {
      const { x, noise } = effects[e];
      choleskyOfSum(spread, noise, lower, size);
      for (let i = 0; i < size; i++)
        for (let j = 0; j <= size; j++) {
          let value = j < size ? spread[i * size + j] : x[i];
          for (let k = 0; k < i; k++) value -= lower[i * size + k] * halves[k * (size + 1) + j];
          halves[i * (size + 1) + j] = value / lower[i * size + i];
        }
      mean.fill(0);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++)
          mean[j] += halves[i * (size + 1) + j] * halves[i * (size + 1) + size];
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          let kept = 0;
          for (let k = 0; k < size; k++)
            kept += halves[k * (size + 1) + i] * halves[k * (size + 1) + j];
          next[i * size + j] += weights[e] * (mean[i] * mean[j] + spread[i * size + j] - kept);
        }
      total += weights[e];
    }
    spread = next.map((value) => value / total);
  }
  return spread;
}

/** Errors have a variance above 0, so every pivot has: what rounding takes is put back. */
function choleskyOfSum(a: Float64Array, b: Float64Array, into: Float64Array, size: number): void {
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const whole = a[i * size + j] + b[i * size + j];
      let left = whole;
      for (let k = 0; k < j; k++) left -= into[i * size + k] * into[j * size + k];
      into[i * size + j] =
        i === j ? Math.sqrt(Math.max(left, 1e-12 * whole)) : left / into[j * size + j];
    }
}

function observedSpread(effects: readonly ObservedEffects[], weights: ArrayLike<number>) {
  const size = effects[0].x.length;
  const spread = new Float64Array(size * size);
  let total = 0;
  effects.forEach(({ x }, e) => {
    for (let i = 0; i < size; i++) spread[i * size + i] += weights[e] * x[i] * x[i];
    total += weights[e];
  });
  return spread.map((value) => value / total);
}

/** What one treatment's observed effects tell of the true ones. */
export interface Denoised {
  /** x̂ = Λ(Λ + Σ)⁻¹x: the true effects, as far as they can be told. */
  readonly x: Float64Array;
  /** y − cᵀ(Λ + Σ)⁻¹x: the target's effect less the error that it shares with x. Its mean given x is wᵀx̂. */
  readonly y: number;
  /** Of that around wᵀx̂, where the target's effect is wᵀx* + N(0, ω²). */
  readonly variance: (weights: Float64Array, rest: number) => number;
  /** Λ(Λ + Σ)⁻¹c: covariance of the errors of x̂ with that of the target's effect as it was observed. */
  readonly across: Float64Array;
}

/**
 * Regression calibration (Carroll et al., "Measurement Error in Nonlinear Models", 2006, ch. 4) with shared errors: for
 * (x, y) of covariance [Λ + Σ, Λw + c; ·, wᵀΛw + ω² + s²] the mean of y given x is (Λw + c)ᵀ(Λ + Σ)⁻¹x, so y less the
 * shared part regressed on x̂ gives w without attenuation.
 */
export function denoised(effects: ObservedEffects, spread: Float64Array): Denoised {
  const { x, y, noise, shared, targetNoise } = effects;
  const size = x.length;
  const lower = cholesky(sumOf(spread, noise), size);
  const solved = solveCholesky(lower, x);
  // (Λw + c)ᵀ(Λ + Σ)⁻¹(Λw + c), by powers of w.
  const solvedShared = solveCholesky(lower, shared);
  const known = multiply(spread, solveColumns(lower, spread, size, size), size, size, size);
  const unknown = spread.map((value, at) => value - known[at]);
  const across = multiply(spread, solvedShared, size, size, 1);
  const least = targetNoise - dot(shared, solvedShared);
  return {
    x: multiply(spread, solved, size, size, 1),
    y: y - dot(shared, solved),
    across,
    variance(weights, rest) {
      let left = least + rest;
      for (let i = 0; i < size; i++) {
        left -= 2 * weights[i] * across[i];
        for (let j = 0; j < size; j++) left += weights[i] * weights[j] * unknown[i * size + j];
      }
      // Errors that are one and the same leave nothing but rounding.
      return Math.max(left, 1e-6 * targetNoise);
    },
  };
}
