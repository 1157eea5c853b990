import { seededRandom } from '../../../shared/explore/random.ts';
import { denoised, trueSpread, type Denoised } from './regression-calibration.ts';
import { covarianceOf, drawNormal, exponentials } from './draws.ts';
import { effectsWhere, type EffectsTable } from './experiment-effects.ts';
import type { Skill } from './learned-weights.ts';
import { dot, identity, quadratic, sumOf } from '../statistics/matrix.ts';
import { drawSpread, shrink, shrinkBy, type Evidence, type Prior, type Shrunk } from './shrink.ts';
import { skillOf } from './skill.ts';

export interface ExperimentFit extends Shrunk {
  /** Λ, of the true effects on the metrics. */
  readonly effectSpread: Float64Array;
  /** ω²: variance of what a true effect on the target has beyond the metrics. */
  readonly rest: number;
}

/** A fit to go on from; τ² where it is drawn. */
interface Start {
  readonly fit: ExperimentFit;
  readonly spread?: number;
}

const RESAMPLES = 300;
const [ITERATIONS, MORE_ITERATIONS] = [150, 30];
const [ROUNDS, MORE_ROUNDS] = [8, 3];

/**
 * Meta-regression of the target's effects on the metrics' effects, both measured with known error (Cunningham & Kim,
 * "Interpreting Experiments with Multiple Outcomes", 2020): effects are de-noised, shared error is taken out, and
 * weights are shrunk to the prior, treatments weighing by what they leave open.
 * @param weights one per treatment; default 1. @param start a fit of much the same treatments to go on from.
 */
export function experimentFit(
  { effects, metrics }: EffectsTable,
  prior: Prior,
  weights: ArrayLike<number> = new Float64Array(effects.length).fill(1),
  start?: Start,
): ExperimentFit {
  const iterations = start === undefined ? ITERATIONS : MORE_ITERATIONS;
  const effectSpread = trueSpread(effects, weights, iterations, start?.fit.effectSpread);
  const rows = effects.map((one) => denoised(one, effectSpread));
  let found: Pick<Shrunk, 'weights' | 'shrinkage'> | undefined;
  let spreads: Shrunk['spreads'] = [];
  let known = start?.fit.weights ?? prior.mean;
  let rest = start?.fit.rest ?? 0;
  for (let round = 0; round < (start === undefined ? ROUNDS : MORE_ROUNDS); round++) {
    const used = found === undefined ? 0 : metrics.length * (1 - found.shrinkage);
    rest = restOf(rows, weights, known, used);
    const evidence = evidenceOf(rows, weights, known, rest);
    if (start?.spread === undefined) {
      const averaged = shrink(evidence, prior);
      spreads = averaged.spreads;
      found = averaged;
    } else found = shrinkBy(evidence, prior, start.spread);
    known = found.weights;
  }
  return { weights: known, shrinkage: found!.shrinkage, spreads, effectSpread, rest };
}

/** With the covariance of a posterior bootstrap, as of units, that weighs whole experiments anew. */
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
    const spread = drawSpread(fit, random);
    const around = sumOf(prior.covariance, identity(table.metrics.length, spread));
    const mean = drawNormal(random, prior.mean, around);
    return experimentFit(table, { ...prior, mean }, weights, { fit, spread }).weights;
  });
  const used = Math.min(1 + table.metrics.length * (1 - fit.shrinkage), table.clusters / 2);
  return { ...fit, covariance: covarianceOf(draws, table.clusters, used) };
}

/** What is foretold of an experiment by weights that were learned from all others. */
export interface LeftOut {
  readonly weights: Float64Array;
  readonly denoised: Denoised;
  /** Of the target's observed effect, before anything is known of it. */
  readonly variance: number;
}

/** Leaves out each experiment in turn, with all its treatments. @returns one per treatment. */
export function leaveOneOut(table: EffectsTable, prior: Prior, whole: ExperimentFit): LeftOut[] {
  const left: LeftOut[] = [];
  for (let cluster = 0; cluster < table.clusters; cluster++) {
    const others = effectsWhere(table, (own) => own !== cluster);
    const ones = new Float64Array(others.effects.length).fill(1);
    const fitted = experimentFit(others, prior, ones, { fit: whole });
    table.effects.forEach((effects, e) => {
      if (table.cluster[e] !== cluster) return;
      const { weights, effectSpread, rest } = fitted;
      const own = denoised(effects, effectSpread);
      const variance = effects.targetNoise + rest + quadratic(effectSpread, weights);
      left[e] = { weights, denoised: own, variance };
    });
  }
  return left;
}

/**
 * Skill on experiments left out; 0 is what "no effect" foretells. Errors that metrics and target share would pass for skill:
 * what they add to it is known, for weights and Λ that were learned from the others, and is taken off again whatever Λ is.
 * The target's effect less the shared error would lean on Λ: too large a Λ, which noise alone gives, leaves some of it.
 * Ranks by the observed effects, as decisions do.
 */
export function experimentSkill(
  table: EffectsTable,
  leftOut: readonly LeftOut[],
  equal: Float64Array,
): Skill | undefined {
  const of = (value: (one: LeftOut, e: number) => number) => Float64Array.from(leftOut, value);
  return skillOf({
    values: of((_, e) => table.effects[e].y),
    baseline: of(() => 0),
    predictions: of((one) => dot(one.weights, one.denoised.x)),
    optimism: of((one) => 2 * dot(one.weights, one.denoised.across)),
    ranked: of((one) => one.denoised.y),
    precision: of((one) => 1 / one.variance),
    scores: of((one, e) => dot(one.weights, table.effects[e].x)),
    equalScores: of((_, e) => dot(equal, table.effects[e].x)),
    cluster: table.cluster,
  });
}

function evidenceOf(
  rows: readonly Denoised[],
  weights: ArrayLike<number>,
  known: Float64Array,
  rest: number,
): Evidence {
  const size = known.length;
  const [precision, cross] = [new Float64Array(size * size), new Float64Array(size)];
  rows.forEach(({ x, y, variance }, e) => {
    const weight = weights[e] / variance(known, rest);
    for (let i = 0; i < size; i++) {
      cross[i] += weight * x[i] * y;
      for (let j = 0; j < size; j++) precision[i * size + j] += weight * x[i] * x[j];
    }
  });
  return { precision, cross };
}

/**
 * ω² at which squared errors are as large as they should be: `Σ r²/v = n − used` (Paule & Mandel, 1982); 0 where
 * they are smaller already.
 */
function restOf(
  rows: readonly Denoised[],
  weights: ArrayLike<number>,
  known: Float64Array,
  used: number,
): number {
  const total = rows.reduce((sum, _, e) => sum + weights[e], 0);
  const due = total * Math.max(1 - used / rows.length, 0.1);
  const errors = rows.map(({ x, y }) => (y - dot(known, x)) ** 2);
  const without = rows.map(({ variance }) => variance(known, 0));
  const excess = (rest: number) =>
    errors.reduce((sum, error, e) => sum + (weights[e] * error) / (without[e] + rest), 0) - due;
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
