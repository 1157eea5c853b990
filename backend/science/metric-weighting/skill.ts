import { clusterTotals, standardErrorOf } from '../statistics/interval.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import { concordance } from './concordance.ts';
import type { Skill, SkillFigure } from './learned-weights.ts';

/** Predictions for held-out units or experiments; arrays have one entry per unit (or treatment). */
export interface HeldOutPredictions {
  /** Observed values, and predictions without the metrics: the mean, or from context alone. */
  readonly values: Float64Array;
  readonly baseline: Float64Array;
  readonly predictions: Float64Array;
  /** Scores by the learned weights and by equal weights, with what context foretells taken off. */
  readonly scores: Float64Array;
  readonly equalScores: Float64Array;
  /** The values that `scores` should rank. Default: `values − baseline`, which context cannot rank. */
  readonly ranked?: Float64Array;
  /**
   * The fold of each, where folds have weights of their own: only units of the same fold are ranked against each other,
   * because their scores have one origin and one scale.
   */
  readonly fold?: ArrayLike<number>;
  /** Weight of each in r²: the inverse of its variance. Default 1. */
  readonly precision?: Float64Array;
  /**
   * Optimism, added to the squared errors: twice the covariance of the errors of values and predictions (Efron, 2004).
   * Default 0.
   */
  readonly optimism?: Float64Array;
  /** The cluster number of each, where they are clustered. */
  readonly cluster?: ArrayLike<number>;
}

/**
 * Skill with 95 % Student's t intervals from influence functions, clustered where there are clusters (Liang & Zeger,
 * 1986). The intervals treat the learned weights as fixed: they describe how well these weights predict.
 * @returns undefined where all held-out values are equal.
 */
export function skillOf(heldOut: HeldOutPredictions): Skill | undefined {
  const { values, baseline, scores, equalScores, fold } = heldOut;
  const { ranked = values.map((value, i) => value - baseline[i]) } = heldOut;
  const n = values.length;
  const cluster = heldOut.cluster ?? Uint32Array.from({ length: n }, (_, i) => i);
  const compared = { outcomes: values, ...(fold && { stratum: fold }) };
  const learned = concordance(scores, ranked, compared);
  const equal = concordance(equalScores, ranked, compared);
  const r2 = r2Of(heldOut);
  if (learned === undefined || equal === undefined || r2 === undefined) return undefined;
  const gain = learned.influence.map((own, i) => own - equal.influence[i]);
  return {
    r2: influenceInterval(r2.value, r2.influence, cluster),
    concordance: influenceInterval(learned.value, learned.influence, cluster),
    equalWeights: influenceInterval(equal.value, equal.influence, cluster),
    gain: influenceInterval(learned.value - equal.value, gain, cluster),
    heldOut: n,
  };
}

/**
 * Weights divided by the sum of their absolute values: they rank as before, and a single metric's weight becomes exactly
 * 1 or −1, so that it cannot differ from an equal weight by rounding.
 */
export function onOneScale(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  return total === 0 ? weights : weights.map((weight) => weight / total);
}

/**
 * A 95 % interval from an influence function.
 * @param influence one value per unit.
 * @param cluster the cluster number of each.
 */
export function influenceInterval(
  mean: number,
  influence: Float64Array,
  cluster: ArrayLike<number>,
): SkillFigure {
  const { sum } = clusterTotals(influence, cluster);
  const half = studentQuantile(0.975, Math.max(sum.length - 1, 1)) * standardErrorOf(sum);
  return { mean, low: mean - half, high: mean + half };
}

/**
 * `r² = 1 − Σ p ((y − ŷ)² + o) / Σ p (y − y₀)²`, o the optimism; as a ratio of means its influence is
 * `−(e² − (1 − r²) d²) / Σ d²`.
 */
function r2Of({ values, baseline, predictions, precision, optimism }: HeldOutPredictions) {
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
