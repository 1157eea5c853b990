import { normalCdf, normalQuantile } from './distributions.ts';
import type { Effect } from './effect.ts';
import { checkAlpha } from './fixed-test.ts';

export interface NormalPrior {
  readonly mean: number;
  readonly variance: number;
  /** `relative`: of the relative effect, brought to an absolute one's scale by the control's mean; else the effect's own. */
  readonly of?: 'relative';
}

export interface Posterior {
  readonly mean: number;
  readonly standardDeviation: number;
  /** Credible interval at 1 − alpha. */
  readonly low: number;
  readonly high: number;
  /** P(the treatment is better). */
  readonly chanceToWin: number;
  /** What is lost on average by choosing that arm where the other is better, in the effect's unit. */
  readonly risk: { readonly control: number; readonly treatment: number };
}

export interface PosteriorOptions {
  /** None is flat. */
  readonly prior?: NormalPrior;
  readonly alpha?: number;
  /** Which way the metric is good: `lower` for bounces and costs. */
  readonly better?: 'higher' | 'lower';
}

/**
 * Normal prior × normal likelihood of the effect: precision-weighted mean (Gelman et al., BDA3 §2.5). Risk is the
 * expected loss `E[max(δ, 0)] = μΦ(μ/σ) + σφ(μ/σ)` (Stucchio, 2015).
 */
export function posteriorOf(
  { estimate, standardError, difference, base }: Effect,
  { prior, alpha = 0.05, better = 'higher' }: PosteriorOptions = {},
): Posterior {
  checkAlpha(alpha);
  const scale = prior?.of === 'relative' && difference === 'absolute' ? Math.abs(base) : 1;
  const priorVariance = prior ? prior.variance * scale * scale : Infinity;
  if (!(priorVariance > 0)) {
    throw new Error(`a prior's variance must be above 0, not ${priorVariance}: give none for flat`);
  }
  const precision = 1 / (standardError * standardError);
  const total = precision + 1 / priorVariance;
  const mean = (estimate * precision + ((prior?.mean ?? 0) * scale) / priorVariance) / total;
  const standardDeviation = Math.sqrt(1 / total);
  const half = -normalQuantile(alpha / 2) * standardDeviation;
  const [gain, loss] = [
    expectedGain(mean, standardDeviation),
    expectedGain(-mean, standardDeviation),
  ];
  const up = better === 'higher';
  return {
    mean,
    standardDeviation,
    low: mean - half,
    high: mean + half,
    chanceToWin: normalCdf((up ? mean : -mean) / standardDeviation),
    risk: up ? { control: gain, treatment: loss } : { control: loss, treatment: gain },
  };
}

function expectedGain(mean: number, deviation: number): number {
  const z = mean / deviation;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return Math.max(0, mean * normalCdf(z) + deviation * density);
}
