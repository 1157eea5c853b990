import { clusterTotals, standardError } from '../statistics/interval.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import { concordance } from './concordance.ts';
import type { Skill, SkillFigure } from './learned-weights.ts';

/** What was foretold of units or experiments that nothing was learned from. */
export interface HeldOut {
  /** What came, and what was foretold without the metrics: the mean, or what context alone tells. */
  readonly values: Float64Array;
  readonly baseline: Float64Array;
  readonly predictions: Float64Array;
  /** Ranks by the learned weights and by equal weights. */
  readonly scores: Float64Array;
  readonly equalScores: Float64Array;
  /** What `scores` should rank, where that is not `values`. */
  readonly ranked?: Float64Array;
  /** How much each counts in r2: 1 over its variance. Default 1. */
  readonly precision?: Float64Array;
  /** Added to squared errors: twice the covariance of the errors of values and predictions (Efron, 2004). Default 0. */
  readonly optimism?: Float64Array;
  /** Numbers of the clusters, where units come in them. */
  readonly cluster?: ArrayLike<number>;
}

/**
 * Skill with 95 % intervals from influence values, clustered where there are clusters (Liang & Zeger, 1986), with
 * Student's t. They hold the learned weights fixed: they say how well these weights foretell.
 * @returns undefined where the held-out values are all equal.
 */
export function skillOf(heldOut: HeldOut): Skill | undefined {
  const { values, scores, equalScores, ranked = values } = heldOut;
  const n = values.length;
  const cluster = heldOut.cluster ?? Uint32Array.from({ length: n }, (_, i) => i);
  const learned = concordance(scores, ranked);
  const equal = concordance(equalScores, ranked);
  const r2 = r2Of(heldOut);
  if (learned === undefined || equal === undefined || r2 === undefined) return undefined;
  const gain = learned.influence.map((own, i) => own - equal.influence[i]);
  return {
    r2: figure(r2.value, r2.influence, cluster),
    concordance: figure(learned.value, learned.influence, cluster),
    equalWeights: figure(equal.value, equal.influence, cluster),
    gain: figure(learned.value - equal.value, gain, cluster),
    heldOut: n,
  };
}

/** A mean with its interval: all that one number of a cluster's sum moves. */
export function figure(
  mean: number,
  influence: Float64Array,
  cluster: ArrayLike<number>,
): SkillFigure {
  const { sum } = clusterTotals(influence, cluster);
  const half = studentQuantile(0.975, Math.max(sum.length - 1, 1)) * standardError(sum);
  return { mean, low: mean - half, high: mean + half };
}

/** `1 − Σ p ((y − ŷ)² + o) / Σ p (y − y₀)²`, o the optimism; a ratio of means: influence `−(e² − (1 − r2) d²) / Σ d²`. */
function r2Of({ values, baseline, predictions, precision, optimism }: HeldOut) {
  let [errors, spread] = [0, 0];
  const weigh = (i: number, squared: number) => (precision?.[i] ?? 1) * squared;
  const e2 = values.map((value, i) =>
    weigh(i, (value - predictions[i]) ** 2 + (optimism?.[i] ?? 0)),
  );
  const d2 = values.map((value, i) => weigh(i, (value - baseline[i]) ** 2));
  for (let i = 0; i < values.length; i++) {
    errors += e2[i];
    spread += d2[i];
  }
  if (!(spread > 0)) return undefined;
  const left = errors / spread;
  return { value: 1 - left, influence: e2.map((own, i) => -(own - left * d2[i]) / spread) };
}
