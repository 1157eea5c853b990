import { cholesky, forwardSubstitute, solveCholesky } from '../statistics/cholesky.ts';
import { dot, identity, multiply, addMatrices, transpose } from '../statistics/matrix.ts';

/** Gaussian likelihood of weights w by its natural parameters: log-likelihood `−½ wᵀAw + wᵀb + …`. */
export interface GaussianLikelihood {
  /** A = Σ x xᵀ / σ², M × M, row-major. */
  readonly precision: Float64Array;
  /** b = Σ x y / σ², M values. */
  readonly cross: Float64Array;
}

/** Prior of the weights, N(mean, covariance + τ²I), with τ² estimated from the data. */
export interface Prior {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Posterior mean of the weights. */
export interface ShrunkWeights {
  readonly weights: Float64Array;
  /** How far the weights are shrunk to the prior, averaged over directions: 0 is data only, 1 prior only. */
  readonly shrinkage: number;
  /** Posterior of τ² on a grid. */
  readonly tauSquared: readonly { readonly value: number; readonly probability: number }[];
}

/**
 * Grid of τ, in target standard deviations per metric standard deviation; a finer one does not change the results
 * visibly.
 */
const GRID = Array.from({ length: 25 }, (_, i) => 10 ** (-3 + i / 6));
/**
 * τ ~ half-normal(½): weakly informative, without a point mass at 0, which would treat the prior as certain (Gelman,
 * 2006).
 */
const SCALE = 0.5;

/**
 * Shrinkage of weights to a prior (ridge regression towards a prior mean): the posterior mean of a Gaussian linear
 * model, averaged over the posterior of τ² (hierarchical Bayes). With P = LLᵀ the prior covariance and r = b − A·mean,
 * w = mean + L(I + LᵀAL)⁻¹Lᵀr and −2 log marginal likelihood = log|I + LᵀAL| − rᵀL(I + LᵀAL)⁻¹Lᵀr + …
 */
export function shrink(likelihood: GaussianLikelihood, prior: Prior): ShrunkWeights {
  const found = GRID.map((tau) => ({ tau, ...shrinkAtTauSquared(likelihood, prior, tau * tau) }));
  const least = Math.min(...found.map(({ deviance }) => deviance));
  // The grid is even in log τ, so each point represents an interval of a length proportional to τ.
  const masses = found.map(
    ({ tau, deviance }) => tau * Math.exp((least - deviance - (tau / SCALE) ** 2) / 2),
  );
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  const weights = new Float64Array(prior.mean.length);
  let shrinkage = 0;
  found.forEach((one, i) => {
    const probability = masses[i] / total;
    shrinkage += probability * one.shrinkage;
    for (let m = 0; m < weights.length; m++) weights[m] += probability * one.weights[m];
  });
  const tauSquared = GRID.map((tau, i) => ({ value: tau * tau, probability: masses[i] / total }));
  return { weights, shrinkage, tauSquared };
}

/** A draw of τ² from its posterior. */
export function drawTauSquared(
  { tauSquared }: Pick<ShrunkWeights, 'tauSquared'>,
  random: () => number,
): number {
  let left = random();
  for (const { value, probability } of tauSquared) {
    left -= probability;
    if (left <= 0) return value;
  }
  return tauSquared.at(-1)!.value;
}

/** Shrinkage at a given τ². @returns also `deviance`, −2 log marginal likelihood up to a constant. */
export function shrinkAtTauSquared(
  { precision, cross }: GaussianLikelihood,
  { mean, covariance }: Prior,
  tauSquared: number,
): { weights: Float64Array; shrinkage: number; deviance: number } {
  const size = mean.length;
  const pulled = multiply(precision, mean, size, size, 1);
  const rest = cross.map((value, i) => value - pulled[i]);
  const root = cholesky(addMatrices(covariance, identity(size, tauSquared)), size);
  const across = transpose(root, size, size);
  const inner = multiply(multiply(across, precision, size, size, size), root, size, size, size);
  const lower = cholesky(addMatrices(identity(size), inner), size);
  const turned = multiply(across, rest, size, size, 1);
  const whitened = forwardSubstitute(lower, turned);
  let [logDeterminant, trace] = [0, 0];
  for (let i = 0; i < size; i++) {
    logDeterminant += 2 * Math.log(lower[i * size + i]);
    const unit = new Float64Array(size);
    unit[i] = 1;
    const half = forwardSubstitute(lower, unit);
    trace += dot(half, half);
  }
  return {
    weights: addMatrices(mean, multiply(root, solveCholesky(lower, turned), size, size, 1)),
    shrinkage: trace / size,
    deviance: logDeterminant - dot(whitened, whitened),
  };
}
