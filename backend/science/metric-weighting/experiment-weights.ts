import { seededRandom } from '../../../shared/explore/random.ts';
import { trueEffectCovariance } from './effect-covariance.ts';
import { regressionCalibration, type CalibratedEffects } from './regression-calibration.ts';
import { bootstrapCovariance, drawNormal, exponentials } from './draws.ts';
import { effectsWhere, type EffectsTable } from './experiment-effects.ts';
import type { Skill } from './learned-weights.ts';
import { dot, identity, quadratic, addMatrices } from '../statistics/matrix.ts';
import {
  drawTauSquared,
  shrink,
  shrinkAtTauSquared,
  type GaussianLikelihood,
  type Prior,
  type ShrunkWeights,
} from './shrink.ts';
import { onOneScale, skillOf } from './skill.ts';

export interface ExperimentFit extends ShrunkWeights {
  /** Λ, M × M: covariance of the true effects on the metrics. */
  readonly effectCovariance: Float64Array;
  /** ω²: variance of the true effect on the target that the metrics do not explain. */
  readonly residualVariance: number;
}

/** Starting values from an earlier fit, and τ² where it is given instead of estimated. */
interface Start {
  readonly fit: ExperimentFit;
  readonly tauSquared?: number;
}

const RESAMPLES = 300;
const [ITERATIONS, MORE_ITERATIONS] = [150, 30];
const [ROUNDS, MORE_ROUNDS] = [8, 3];

/**
 * Meta-regression of the effects on the target on the effects on the metrics, both measured with known error
 * (Cunningham & Kim, "Interpreting Experiments with Multiple Outcomes", 2020). Regression calibration corrects for the
 * measurement error, the error shared with the target is removed, and the weights are shrunk to the prior. Each
 * treatment is weighted by the inverse of its residual variance.
 * @param weights one per treatment; default 1. @param start a fit of nearly the same treatments, to start the iteration
 * from.
 */
export function experimentFit(
  { effects, metrics }: EffectsTable,
  prior: Prior,
  weights: ArrayLike<number> = new Float64Array(effects.length).fill(1),
  start?: Start,
): ExperimentFit {
  const iterations = start === undefined ? ITERATIONS : MORE_ITERATIONS;
  const effectCovariance = trueEffectCovariance(
    effects,
    weights,
    iterations,
    start?.fit.effectCovariance,
  );
  const rows = effects.map((one) => regressionCalibration(one, effectCovariance));
  let found: Pick<ShrunkWeights, 'weights' | 'shrinkage'> | undefined;
  let tauSquared: ShrunkWeights['tauSquared'] = [];
  let current = start?.fit.weights ?? prior.mean;
  let residualVariance = start?.fit.residualVariance ?? 0;
  for (let round = 0; round < (start === undefined ? ROUNDS : MORE_ROUNDS); round++) {
    const used = found === undefined ? 0 : metrics.length * (1 - found.shrinkage);
    residualVariance = residualVarianceOf(rows, weights, current, used);
    const likelihood = metaRegressionLikelihood(rows, weights, current, residualVariance);
    if (start?.tauSquared === undefined) {
      const averaged = shrink(likelihood, prior);
      tauSquared = averaged.tauSquared;
      found = averaged;
    } else found = shrinkAtTauSquared(likelihood, prior, start.tauSquared);
    current = found.weights;
  }
  return {
    weights: current,
    shrinkage: found!.shrinkage,
    tauSquared,
    effectCovariance,
    residualVariance,
  };
}

/**
 * The fit with the covariance of its weights from a posterior bootstrap over experiments, as `unitWeights` does over
 * units.
 */
export function experimentWeights(
  table: EffectsTable,
  prior: Prior,
  seed: number,
): ExperimentFit & { readonly covariance: Float64Array } {
  const fit = experimentFit(table, prior);
  const random = seededRandom(seed);
  const byCluster = new Float64Array(table.clusters);
  const draws = Array.from({ length: RESAMPLES }, () => {
    exponentials(random, byCluster);
    const weights = Float64Array.from(table.cluster, (cluster) => byCluster[cluster]);
    const tauSquared = drawTauSquared(fit, random);
    const priorCovariance = addMatrices(
      prior.covariance,
      identity(table.metrics.length, tauSquared),
    );
    const mean = drawNormal(random, prior.mean, priorCovariance);
    return experimentFit(table, { ...prior, mean }, weights, { fit, tauSquared }).weights;
  });
  const used = Math.min(1 + table.metrics.length * (1 - fit.shrinkage), table.clusters / 2);
  return { ...fit, covariance: bootstrapCovariance(draws, table.clusters, used) };
}

/** The prediction for one treatment by weights learned from all other experiments. */
export interface LeftOutPrediction {
  readonly weights: Float64Array;
  readonly calibrated: CalibratedEffects;
  /** Predictive variance of the observed effect on the target. */
  readonly variance: number;
}

/** Leave-one-out over experiments, each with all its treatments. @returns one prediction per treatment. */
export function leaveOneOut(
  table: EffectsTable,
  prior: Prior,
  whole: ExperimentFit,
): LeftOutPrediction[] {
  const predictions: LeftOutPrediction[] = [];
  for (let cluster = 0; cluster < table.clusters; cluster++) {
    const others = effectsWhere(table, (own) => own !== cluster);
    const ones = new Float64Array(others.effects.length).fill(1);
    const fitted = experimentFit(others, prior, ones, { fit: whole });
    table.effects.forEach((effects, e) => {
      if (table.cluster[e] !== cluster) return;
      const { weights, effectCovariance, residualVariance } = fitted;
      const own = regressionCalibration(effects, effectCovariance);
      const variance =
        effects.targetErrorVariance + residualVariance + quadratic(effectCovariance, weights);
      predictions[e] = { weights, calibrated: own, variance };
    });
  }
  return predictions;
}

/**
 * Skill on left-out experiments, relative to predicting no effect. Errors that metrics and target share would look like
 * skill. Their contribution to the squared error is known, because weights and Λ were learned from the other
 * experiments; it is subtracted as optimism, which is correct for any Λ. (Subtracting the shared error from the target
 * instead would depend on Λ: where noise makes Λ too large, some of it would remain.) Treatments are ranked by observed
 * effects, as decisions do; the weights are put on one scale, because each experiment was left out of weights of its own.
 */
export function experimentSkill(
  table: EffectsTable,
  leftOut: readonly LeftOutPrediction[],
  equal: Float64Array,
): Skill | undefined {
  const of = (value: (one: LeftOutPrediction, e: number) => number) =>
    Float64Array.from(leftOut, value);
  return skillOf({
    values: of((_, e) => table.effects[e].y),
    baseline: of(() => 0),
    predictions: of((one) => dot(one.weights, one.calibrated.x)),
    optimism: of((one) => 2 * dot(one.weights, one.calibrated.across)),
    ranked: of((one) => one.calibrated.y),
    precision: of((one) => 1 / one.variance),
    scores: of((one, e) => dot(onOneScale(one.weights), table.effects[e].x)),
    equalScores: of((_, e) => dot(onOneScale(equal), table.effects[e].x)),
    cluster: table.cluster,
  });
}

/** Likelihood of the weights, each treatment weighted by the inverse of its residual variance. */
function metaRegressionLikelihood(
  rows: readonly CalibratedEffects[],
  weights: ArrayLike<number>,
  known: Float64Array,
  residualVariance: number,
): GaussianLikelihood {
  const size = known.length;
  const [precision, cross] = [new Float64Array(size * size), new Float64Array(size)];
  rows.forEach(({ x, y, variance }, e) => {
    const weight = weights[e] / variance(known, residualVariance);
    for (let i = 0; i < size; i++) {
      cross[i] += weight * x[i] * y;
      for (let j = 0; j < size; j++) precision[i * size + j] += weight * x[i] * x[j];
    }
  });
  return { precision, cross };
}

/**
 * Method-of-moments estimate of ω² (Paule & Mandel, 1982): the value at which `Σ r²/v = n − used`, with residuals r and
 * their variances v; 0 where the residuals are smaller even without it.
 * @param used degrees of freedom of the fitted weights.
 */
function residualVarianceOf(
  rows: readonly CalibratedEffects[],
  weights: ArrayLike<number>,
  known: Float64Array,
  used: number,
): number {
  const total = rows.reduce((sum, _, e) => sum + weights[e], 0);
  const due = total * Math.max(1 - used / rows.length, 0.1);
  const errors = rows.map(({ x, y }) => (y - dot(known, x)) ** 2);
  const without = rows.map(({ variance }) => variance(known, 0));
  const excess = (residualVariance: number) =>
    errors.reduce(
      (sum, error, e) => sum + (weights[e] * error) / (without[e] + residualVariance),
      0,
    ) - due;
  if (excess(0) <= 0) return 0;
  let [low, high] = [0, errors.reduce((sum, error) => sum + error, 0)];
  while (excess(high) > 0) high *= 2;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
