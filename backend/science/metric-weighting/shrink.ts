import { cholesky, forwards, solveCholesky } from '../statistics/cholesky.ts';
import { dot, identity, multiply, sumOf, transpose } from '../statistics/matrix.ts';

/** What data say of weights w: log-likelihood `−½ wᵀAw + wᵀb + …`, noise already divided out. */
export interface Evidence {
  /** A = Σ x xᵀ / σ², M × M. */
  readonly precision: Float64Array;
  /** b = Σ x y / σ². */
  readonly cross: Float64Array;
}

/** Where weights are thought to lie before the data: N(mean, covariance + τ²I), τ² told from the data. */
export interface Prior {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

export interface Shrunk {
  readonly weights: Float64Array;
  /** Mean over directions of the prior's part: 0 is all data, 1 all prior. */
  readonly shrinkage: number;
  /** What the data leave open of τ². */
  readonly spreads: readonly { readonly spread: number; readonly probability: number }[];
}

/** τ in target deviations per metric deviation: steps of a sixth of a decade change nothing that shows. */
const GRID = Array.from({ length: 25 }, (_, i) => 10 ** (-3 + i / 6));
/** τ ~ half-normal(½): weak, and without a lump at 0, which would make the prior certain (Gelman, 2006). */
const SCALE = 0.5;

/**
 * Ridge towards a prior: the posterior mean of a Gaussian linear model, averaged over how far true weights may lie from
 * their prior (hierarchical Bayes). With P = LLᵀ the prior covariance and r = b − A·mean,
 * w = mean + L(I + LᵀAL)⁻¹Lᵀr and −2 log likelihood = log|I + LᵀAL| − rᵀL(I + LᵀAL)⁻¹Lᵀr + …
 */
export function shrink(evidence: Evidence, prior: Prior): Shrunk {
  const found = GRID.map((tau) => ({ tau, ...shrinkBy(evidence, prior, tau * tau) }));
  const least = Math.min(...found.map(({ unlikely }) => unlikely));
  // On a grid of log τ each point stands for a length that grows with τ.
  const masses = found.map(
    ({ tau, unlikely }) => tau * Math.exp((least - unlikely - (tau / SCALE) ** 2) / 2),
  );
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  const weights = new Float64Array(prior.mean.length);
  let shrinkage = 0;
  found.forEach((one, i) => {
    const probability = masses[i] / total;
    shrinkage += probability * one.shrinkage;
    for (let m = 0; m < weights.length; m++) weights[m] += probability * one.weights[m];
  });
  const spreads = GRID.map((tau, i) => ({ spread: tau * tau, probability: masses[i] / total }));
  return { weights, shrinkage, spreads };
}

/** τ² drawn by its probability. */
export function drawSpread({ spreads }: Pick<Shrunk, 'spreads'>, random: () => number): number {
  let left = random();
  for (const { spread, probability } of spreads) {
    left -= probability;
    if (left <= 0) return spread;
  }
  return spreads.at(-1)!.spread;
}

/** The same where τ² is given; `unlikely` is −2 log likelihood, up to a constant. */
export function shrinkBy(
  { precision, cross }: Evidence,
  { mean, covariance }: Prior,
  spread: number,
): { weights: Float64Array; shrinkage: number; unlikely: number } {
  const size = mean.length;
  const pulled = multiply(precision, mean, size, size, 1);
  const rest = cross.map((value, i) => value - pulled[i]);
  const root = cholesky(sumOf(covariance, identity(size, spread)), size);
  const across = transpose(root, size, size);
  const inner = multiply(multiply(across, precision, size, size, size), root, size, size, size);
  const lower = cholesky(sumOf(identity(size), inner), size);
  const turned = multiply(across, rest, size, size, 1);
  const whitened = forwards(lower, turned);
  let [logDeterminant, trace] = [0, 0];
  for (let i = 0; i < size; i++) {
    logDeterminant += 2 * Math.log(lower[i * size + i]);
    const unit = new Float64Array(size);
    unit[i] = 1;
    const half = forwards(lower, unit);
    trace += dot(half, half);
  }
  return {
    weights: sumOf(mean, multiply(root, solveCholesky(lower, turned), size, size, 1)),
    shrinkage: trace / size,
    unlikely: logDeterminant - dot(whitened, whitened),
  };
}
