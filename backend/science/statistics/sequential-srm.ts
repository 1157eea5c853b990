import { type NoAnswer, type Unit } from './unavailable.ts';
import { srmCheck, type SrmCheck } from './srm.ts';

/**
 * Sample ratio mismatch, always valid: units may be counted at every look while an experiment runs, and over all looks
 * together fair arms are called a mismatch with at most chance alpha. χ² read every ten minutes at 0.001 calls it in three
 * of a hundred. Multinomial mixture martingale (Lindon & Malek, "Anytime-valid inference for multinomial count data",
 * NeurIPS 2022): with α = κθ, θ the traffic shares, x the arms' sizes and n their sum,
 * `ln e = ln Γ(κ) − ln Γ(κ + n) + Σ (ln Γ(αᵢ + xᵢ) − ln Γ(αᵢ) − xᵢ ln θᵢ)`; the p-value is `min(1, 1 / e)` (Ville, 1939).
 * The arms' shares must be the same from the first unit to the last: count again from 0 where they change.
 * @param alpha small, as its alarm stops the experiment.
 * @returns χ² beside the always-valid p-value.
 */
export function sequentialSrm(
  observed: readonly number[],
  weights: readonly number[],
  { alpha = 0.001, unit = 'sessions' }: { readonly alpha?: number; readonly unit?: Unit } = {},
): SrmCheck | NoAnswer {
  const fixed = srmCheck(observed, weights, { alpha, unit });
  if (fixed.kind === 'no-answer') return fixed;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const logs = CONCENTRATIONS.map((kappa) => logE(observed, shares, kappa));
  const most = Math.max(...logs);
  const mean = logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length;
  const pValue = Math.min(1, Math.exp(-most) / mean);
  return { ...fixed, pValue, mismatch: pValue < alpha };
}

/**
 * Dirichlet priors from gross faults, told from some dozen units, to faults of a permille; the mean of martingales is one.
 */
const CONCENTRATIONS = [10, 100, 1000, 10_000, 100_000];

function logE(observed: readonly number[], shares: readonly number[], kappa: number): number {
  const units = observed.reduce((sum, count) => sum + count, 0);
  return observed.reduce(
    (sum, count, arm) =>
      sum + logRising(kappa * shares[arm], count) - count * Math.log(shares[arm]),
    -logRising(kappa, units),
  );
}

/** ln Γ(a + n) − ln Γ(a). */
const logRising = (a: number, n: number): number => (n === 0 ? 0 : logGamma(a + n) - logGamma(a));

/** Stirling's series from 10 on, and Γ(x) = Γ(x + 1) / x below: within 1e-11 (Abramowitz & Stegun, 6.1.40). */
function logGamma(x: number): number {
  let [at, below] = [x, 0];
  while (at < 10) below += Math.log(at++);
  const series = 1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * at * at)) / (at * at)) / (at * at);
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series / at - below;
}
