import { normalCdf, normalQuantile } from './distributions.ts';
import type { Effect } from './effect.ts';
import { checkAlpha } from './fixed-test.ts';

/** Normal prior of an effect. */
export interface NormalPrior {
  readonly mean: number;
  readonly variance: number;
  /** `relative`: a prior of the relative effect; for an absolute effect it is multiplied by the control's mean. */
  readonly of?: 'relative';
}

export interface Posterior {
  readonly mean: number;
  readonly standardDeviation: number;
  /** Bounds of the credible interval at level 1 − alpha. */
  readonly low: number;
  readonly high: number;
  /** Posterior probability that the treatment is better. */
  readonly chanceToWin: number;
  /** Expected loss of choosing that arm, in the effect's unit. */
  readonly risk: { readonly control: number; readonly treatment: number };
}

export interface PosteriorOptions {
  /** Without one the prior is flat. */
  readonly prior?: NormalPrior;
  readonly alpha?: number;
  /** The direction in which the metric is better: `lower` for bounces and costs. */
  readonly better?: 'higher' | 'lower';
}

/**
 * Posterior of an effect with a normal prior and a normal likelihood: the precision-weighted mean (Gelman et al., BDA3
 * §2.5). Risk is the expected loss `E[max(δ, 0)] = μΦ(μ/σ) + σφ(μ/σ)` (Stucchio, 2015).
 * @throws where the prior's variance is not above 0 or alpha is not in (0, 1).
 */
export function posteriorOf(
  { estimate, standardError, difference, base }: Effect,
  { prior, alpha = 0.05, better = 'higher' }: PosteriorOptions = {},
): Posterior {
  checkAlpha(alpha);
  const scale = prior?.of === 'relative' && difference === 'absolute' ? Math.abs(base) : 1;
  const priorVariance = prior ? prior.variance * scale * scale : Infinity;
  if (!(priorVariance > 0)) {
    throw new Error(
      `a prior's variance must be above 0, not ${priorVariance}: leave the prior out for a flat one`,
    );
  }
  const precision = 1 / (standardError * standardError);
  const total = precision + 1 / priorVariance;
  const mean = (estimate * precision + ((prior?.mean ?? 0) * scale) / priorVariance) / total;
  const standardDeviation = Math.sqrt(1 / total);
  const half = -normalQuantile(alpha / 2) * standardDeviation;
  const [positivePart, negativePart] = [
    expectedPositivePart(mean, standardDeviation),
    expectedPositivePart(-mean, standardDeviation),
  ];
  const up = better === 'higher';
  return {
    mean,
    standardDeviation,
    low: mean - half,
    high: mean + half,
    chanceToWin: normalCdf((up ? mean : -mean) / standardDeviation),
    risk: up
      ? { control: positivePart, treatment: negativePart }
      : { control: negativePart, treatment: positivePart },
  };
}

/** `E[max(δ, 0)]`, δ ~ N(mean, deviation²). */
function expectedPositivePart(mean: number, deviation: number): number {
  const z = mean / deviation;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return Math.max(0, mean * normalCdf(z) + deviation * density);
}
