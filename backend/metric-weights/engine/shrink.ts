import { cholesky, forwards, solveCholesky } from './cholesky.ts';
import { dot, identity, multiply, sumOf, transpose } from './matrix.ts';

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
  readonly covariance: Float64Array;
  /** Variance of a true weight around its prior. */
  readonly spread: number;
  /** Mean over directions of the prior's part: 0 is all data, 1 all prior. */
  readonly shrinkage: number;
}

/** τ from 0 to 10 target deviations per metric deviation: steps of a sixth of a decade change nothing that shows. */
const SPREADS = [0, ...Array.from({ length: 31 }, (_, i) => 10 ** (-4 + i / 6))].map((t) => t * t);

/**
 * Ridge towards a prior: the posterior mean of a Gaussian linear model, with the ridge τ² that makes the data most
 * likely (empirical Bayes, type II maximum likelihood: MacKay, 1992; Efron & Morris, 1973). With P = LLᵀ the prior
 * covariance and r = b − A·mean, w = mean + L(I + LᵀAL)⁻¹Lᵀr and
 * −2 log likelihood = log|I + LᵀAL| − rᵀL(I + LᵀAL)⁻¹Lᵀr + …
 * @param fixed τ² where it is known already.
 */
export function shrink(evidence: Evidence, prior: Prior, fixed?: number): Shrunk {
  const size = prior.mean.length;
  const pulled = multiply(evidence.precision, prior.mean, size, size, 1);
  const rest = evidence.cross.map((value, i) => value - pulled[i]);
  let best: { value: number; spread: number; at: Posterior } | undefined;
  for (const spread of fixed === undefined ? SPREADS : [fixed]) {
    const at = posterior(evidence.precision, rest, sumOf(prior.covariance, identity(size, spread)));
    if (best === undefined || at.unlikely < best.value) best = { value: at.unlikely, spread, at };
  }
  const { at, spread } = best!;
  return {
    weights: sumOf(prior.mean, at.shift),
    covariance: at.covariance(),
    spread,
    shrinkage: at.shrinkage(),
  };
}

interface Posterior {
  readonly unlikely: number;
  readonly shift: Float64Array;
  covariance(): Float64Array;
  shrinkage(): number;
}

function posterior(precision: Float64Array, rest: Float64Array, spread: Float64Array): Posterior {
  const size = rest.length;
  const root = cholesky(spread, size).map((value) => (value === Infinity ? 0 : value));
  const across = transpose(root, size, size);
  const inner = sumOf(
    identity(size),
    multiply(multiply(across, precision, size, size, size), root, size, size, size),
  );
  const lower = cholesky(inner, size);
  const turned = multiply(across, rest, size, size, 1);
  let logDeterminant = 0;
  for (let i = 0; i < size; i++) logDeterminant += 2 * Math.log(lower[i * size + i]);
  const whitened = forwards(lower, turned);
  const columns = () =>
    Array.from({ length: size }, (_, i) =>
      forwards(lower, root.subarray(i * size, (i + 1) * size)),
    );
  return {
    unlikely: logDeterminant - dot(whitened, whitened),
    shift: multiply(root, solveCholesky(lower, turned), size, size, 1),
    covariance() {
      const halves = columns();
      return Float64Array.from({ length: size * size }, (_, at) =>
        dot(halves[(at / size) | 0], halves[at % size]),
      );
    },
    shrinkage() {
      let trace = 0;
      for (let i = 0; i < size; i++) {
        const unit = new Float64Array(size);
        unit[i] = 1;
        trace += solveCholesky(lower, unit)[i];
      }
      return trace / size;
    },
  };
}
