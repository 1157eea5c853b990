import { type Unavailable, type Unit } from './unavailable.ts';
import { srmCheck, type SrmCheck } from './srm.ts';

/**
 * Always-valid test for sample ratio mismatch: the arms may be checked at any time while the experiment runs, and the
 * probability of ever raising a false alarm is at most alpha. (A χ² test at 0.001 that is read every ten minutes raises one
 * in 3 % of the experiments.) It is a multinomial mixture martingale (Lindon & Malek, "Anytime-valid inference for multinomial
 * count data", NeurIPS 2022), to which a loss of one size is added. With θ the traffic shares, α = κθ, x the arms' sizes and n their sum,
 * `ln e = ln Γ(κ) − ln Γ(κ + n) + Σ (ln Γ(αᵢ + xᵢ) − ln Γ(αᵢ) − xᵢ ln θᵢ)`; the p-value is `min(1, 1 / e)` (Ville, 1939).
 * The traffic shares must stay the same from the first unit to the last: restart the counts where they change.
 * @param observed units per arm. @param weights traffic weight per arm, of any sum.
 * @param alpha small, because an alarm stops the experiment.
 * @returns the χ² statistic together with the always-valid p-value.
 * @throws where the two have different lengths, there are fewer than two arms, or a weight is not above 0.
 */
export function sequentialSrm(
  observed: readonly number[],
  weights: readonly number[],
  { alpha = 0.001, unit = 'sessions' }: { readonly alpha?: number; readonly unit?: Unit } = {},
): SrmCheck | Unavailable {
  const fixed = srmCheck(observed, weights, { alpha, unit });
  if (fixed.kind === 'no-answer') return fixed;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const logs = [
    ...CONCENTRATIONS.map(({ kappa, weight }) => Math.log(weight) + logE(observed, shares, kappa)),
    ...shares.map(
      (_, arm) => Math.log(LOSS.weight / shares.length) + logOfLoss(observed, shares, arm),
    ),
  ];
  const most = Math.max(...logs);
  const mixture = logs.reduce((sum, log) => sum + Math.exp(log - most), 0);
  const pValue = Math.min(1, Math.exp(-most) / mixture);
  return { ...fixed, pValue, mismatch: pValue < alpha };
}

/**
 * Concentrations κ of the Dirichlet priors, with their weights, which add up to 1 with that of `LOSS`: a weighted mean of
 * martingales is again a martingale. A prior of concentration κ expects a share θ to be off by `√(θ(1 − θ) / (κ + 1))`, half
 * of two equal arms by 5 % at κ = 100, by 1.6 % at 1,000, by 0.5 % at 10,000. Faults lose or misassign some per cent of an arm's
 * units, so 1,000 and 10,000 hold most; the others find the large ones after some dozen units and those of one in a thousand.
 *
 * With 1 / alpha = 1,000 the evidence needed at a mismatch of z standard errors is about `z²/2 · n/(n + κ) − ½ ln(1 + n/κ) +
 * ln(weight) > ln 1,000`. So 80 % power needs 1.4 to 1.8 times the units of a χ² test read once, from losses of a fifth to
 * one in a thousand (51/49: 66,000 instead of 43,000). A test that knew the mismatch beforehand would need 1.37 times as many
 * (`z²/2 − 0.84 z = ln 2,000`), so there is little left to win.
 *
 * A prior spread around the shares, as a Dirichlet's is, finds little before it has half of those units: at 51/49 and 18,000
 * units 10 % at best (κ = 1,000 alone), where χ², read once, finds 27 %. What finds more there is a loss of one size, `LOSS`.
 * `docs/adr/0018-intervals-hold-where-data-are-rare.md` has what other weights would find.
 */
const CONCENTRATIONS = [
  { kappa: 10, weight: 1 / 32 },
  { kappa: 100, weight: 1 / 32 },
  { kappa: 1000, weight: 12 / 32 },
  { kappa: 10_000, weight: 8 / 32 },
  { kappa: 100_000, weight: 2 / 32 },
];

/** The fault that is expected most: an arm, each as likely, has lost this share of its units. */
const LOSS = { share: 0.06, weight: 8 / 32 };

/** ln e for the loss in one arm: the likelihood of the shares that it leaves, over that of the traffic's. */
function logOfLoss(observed: readonly number[], shares: readonly number[], arm: number): number {
  const units = observed.reduce((sum, count) => sum + count, 0);
  return observed[arm] * Math.log1p(-LOSS.share) - units * Math.log1p(-LOSS.share * shares[arm]);
}

/** ln e for one concentration κ. */
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

/** ln Γ(x), within 1e-11: Stirling's series from 10 on, Γ(x) = Γ(x + 1) / x below (Abramowitz & Stegun, 6.1.40). */
function logGamma(x: number): number {
  let [at, below] = [x, 0];
  while (at < 10) below += Math.log(at++);
  const series = 1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * at * at)) / (at * at)) / (at * at);
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series / at - below;
}
