import { cholesky, solveCholesky, solveColumns } from '../statistics/cholesky.ts';
import type { ObservedEffects } from './experiment-effects.ts';
import { addMatrices, dot, multiply } from '../statistics/matrix.ts';

/** One treatment's effects, corrected for measurement error. */
export interface CalibratedEffects {
  /** x̂ = Λ(Λ + Σ)⁻¹x: best linear prediction of the true effects on the metrics, M values. */
  readonly x: Float64Array;
  /** y − cᵀ(Λ + Σ)⁻¹x: effect on the target minus the error it shares with x. Its mean given x is wᵀx̂. */
  readonly y: number;
  /** Variance of `y` around wᵀx̂, where the true effect on the target is wᵀx* + N(0, ω²). */
  readonly variance: (weights: Float64Array, residualVariance: number) => number;
  /** Λ(Λ + Σ)⁻¹c, M values: covariance of the errors of x̂ with the error of the observed effect on the target. */
  readonly across: Float64Array;
}

/**
 * Regression calibration (Carroll et al., "Measurement Error in Nonlinear Models", 2006, ch. 4) with correlated errors.
 * For (x, y) with covariance [Λ + Σ, Λw + c; ·, wᵀΛw + ω² + s²] the mean of y given x is (Λw + c)ᵀ(Λ + Σ)⁻¹x. So
 * regressing y minus the shared error on x̂ estimates w without attenuation.
 * @param effectCovariance Λ, M × M.
 */
export function regressionCalibration(
  effects: ObservedEffects,
  effectCovariance: Float64Array,
): CalibratedEffects {
  const { x, y, errorCovariance, sharedCovariance, targetErrorVariance } = effects;
  const size = x.length;
  const lower = cholesky(addMatrices(effectCovariance, errorCovariance), size);
  const solved = solveCholesky(lower, x);
  // The terms of (Λw + c)ᵀ(Λ + Σ)⁻¹(Λw + c), by powers of w.
  const solvedShared = solveCholesky(lower, sharedCovariance);
  const explained = multiply(
    effectCovariance,
    solveColumns(lower, effectCovariance, size, size),
    size,
    size,
    size,
  );
  const unexplained = effectCovariance.map((value, at) => value - explained[at]);
  const across = multiply(effectCovariance, solvedShared, size, size, 1);
  const targetVariance = targetErrorVariance - dot(sharedCovariance, solvedShared);
  return {
    x: multiply(effectCovariance, solved, size, size, 1),
    y: y - dot(sharedCovariance, solved),
    across,
    variance(weights, residualVariance) {
      let variance = targetVariance + residualVariance;
      for (let i = 0; i < size; i++) {
        variance -= 2 * weights[i] * across[i];
        for (let j = 0; j < size; j++)
          variance += weights[i] * weights[j] * unexplained[i * size + j];
      }
      // Where the errors are perfectly correlated, only a rounding error is left.
      return Math.max(variance, 1e-6 * targetErrorVariance);
    },
  };
}
