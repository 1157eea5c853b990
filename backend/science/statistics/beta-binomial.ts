/** A Beta distribution by its mean and by as how many trials it counts (α + β). */
export interface BetaPrior {
  readonly mean: number;
  /** Infinity where nothing shows that rates differ. */
  readonly strength: number;
}

/** Rounds of weighing anew; the weights stand still after three or four. */
const ROUNDS = 10;
/** Rates that differ more than those of one and of no trial would leave no prior at all. */
const LEAST_STRENGTH = 1;

/**
 * The prior of many rates by moments, for beta-binomial counts of unequal size (Kleinman, JASA 68, 1973): with weights w of the
 * raw rates p = k/n and W = Σw, the mean is μ = Σ w p / W, and the correlation within a unit
 * γ = (S − μ(1−μ) Σ (w/n)(1 − w/W)) / (μ(1−μ) (Σ w(1 − w/W) − Σ (w/n)(1 − w/W))), where S = Σ w (p − μ)². Weights begin as n and
 * are w = n / (1 + γ(n − 1)) from then on. The strength is 1/γ − 1. Units without trials say nothing.
 * @param successes at most `trials`, which need not be whole: weighted trials count as so many.
 */
export function betaPrior(successes: ArrayLike<number>, trials: ArrayLike<number>): BetaPrior {
  let [mean, gamma] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    let [all, sum] = [0, 0];
    const weights = Float64Array.from(trials, (n) =>
      n > 0 ? n / Math.max(1 + gamma * (n - 1), Number.EPSILON) : 0,
    );
    weights.forEach((w, i) => {
      if (w === 0) return;
      all += w;
      sum += (w * successes[i]) / trials[i];
    });
    if (all === 0) return { mean: 0, strength: Infinity };
    mean = sum / all;
    const spread = mean * (1 - mean);
    let [between, within, whole] = [0, 0, 0];
    weights.forEach((w, i) => {
      if (w === 0) return;
      const rest = 1 - w / all;
      between += w * (successes[i] / trials[i] - mean) ** 2;
      within += (w / trials[i]) * rest;
      whole += w * rest;
    });
    const scale = spread * (whole - within);
    const next = scale > 0 ? Math.max(0, (between - spread * within) / scale) : 0;
    if (Math.abs(next - gamma) < 1e-12) break;
    gamma = Math.min(next, 1 / (1 + LEAST_STRENGTH));
  }
  return { mean, strength: gamma > 0 ? 1 / gamma - 1 : Infinity };
}

/** The mean of the posterior of a rate: (k + strength · mean) / (n + strength). */
export const shrunkRate = (
  successes: number,
  trials: number,
  { mean, strength }: BetaPrior,
): number => (strength === Infinity ? mean : (successes + strength * mean) / (trials + strength));
