import { seededRandom } from '../../../shared/explore/random.ts';
import { bootstrapCovariance, drawNormal, exponentials } from './draws.ts';
import { regressionLikelihood, gram, partialOut } from './gram.ts';
import { foretoldByContext, gramWithout } from './held-out-context.ts';
import type { Skill } from './learned-weights.ts';
import { dot, identity, addMatrices } from '../statistics/matrix.ts';
import {
  drawTauSquared,
  shrink,
  shrinkAtTauSquared,
  type Prior,
  type ShrunkWeights,
} from './shrink.ts';
import { onOneScale, skillOf } from './skill.ts';
import type { UnitDesign } from './unit-design.ts';

export interface UnitWeights extends ShrunkWeights {
  /** Covariance of the weights from the posterior bootstrap, M × M; it includes the variance of the prior. */
  readonly covariance: Float64Array;
}

const RESAMPLES = 200;

/**
 * Weights of a linear surrogate index: regression of the target on the metrics, with context partialled out, shrunk to
 * the prior. This is also the linear projection on the metrics of any surrogate index E[target | metrics, context]
 * (Athey, Chetty, Imbens & Kang, 2019), because the index's residual is uncorrelated with all functions of metrics and
 * context. The interval is a posterior bootstrap (Newton, Polson & Xu, 2021): each draw reweights the units and draws
 * the prior mean and τ², so that shrinkage does not make the interval too narrow. Context is partialled out once,
 * before the draws, which is correct to first order.
 */
export function unitWeights(design: UnitDesign, prior: Prior, seed: number): UnitWeights {
  const { columns, contextColumns, rows, metrics } = design;
  const all = indexOf(rows.length);
  const whole = gram(columns, all);
  const found = fit(whole, design, prior, rows.length);
  const { coefficients } = partialOut(whole, columns.length, contextColumns);
  const left = residuals(design, coefficients);
  const random = seededRandom(seed);
  const freedom = rows.length - columns.length + 1;
  const weights = new Float64Array(rows.length);
  const draws = Array.from({ length: RESAMPLES }, () => {
    const sums = gram(left, all, exponentials(random, weights));
    const tauSquared = drawTauSquared(found, random);
    const priorCovariance = addMatrices(prior.covariance, identity(metrics.length, tauSquared));
    const mean = drawNormal(random, prior.mean, priorCovariance);
    return shrinkAtTauSquared(
      regressionLikelihood(sums, metrics.length, freedom),
      { ...prior, mean },
      tauSquared,
    ).weights;
  });
  return { ...found, covariance: bootstrapCovariance(draws, rows.length) };
}

/**
 * Held-out skill: how well the metrics predict the target of held-out units beyond their context. What context foretells
 * is taken off metrics and target alike, by a fit on the other folds.
 * @param heldOut rows of the design, by fold. @param equal equal weights of the same metrics.
 */
export function unitSkill(
  design: UnitDesign,
  prior: Prior,
  equal: Float64Array,
  heldOut: readonly Uint32Array[],
): Skill | undefined {
  const { columns, contextColumns, rows, metrics } = design;
  const whole = gram(columns, indexOf(rows.length));
  const count = heldOut.reduce((sum, fold) => sum + fold.length, 0);
  const [values, baseline, predictions, scores, equalScores, fold] = Array.from(
    { length: 6 },
    () => new Float64Array(count),
  );
  const equally = onOneScale(equal);
  const beyond = new Float64Array(metrics.length);
  let at = 0;
  for (const [number, own] of heldOut.entries()) {
    const train = gramWithout(design, whole, own);
    const { weights } = fit(train, design, prior, rows.length - own.length);
    const scaled = onOneScale(weights);
    const foretold = foretoldByContext(design, train, own);
    for (const [i, row] of own.entries()) {
      for (let j = 0; j < metrics.length; j++)
        beyond[j] = columns[contextColumns + j][row] - foretold[j][i];
      baseline[at] = foretold[metrics.length][i];
      values[at] = columns.at(-1)![row];
      predictions[at] = baseline[at] + dot(weights, beyond);
      scores[at] = dot(scaled, beyond);
      equalScores[at] = dot(equally, beyond);
      fold[at++] = number;
    }
  }
  return skillOf({ values, baseline, predictions, scores, equalScores, fold });
}

function fit(sums: Float64Array, design: UnitDesign, prior: Prior, rows: number): ShrunkWeights {
  const { columns, contextColumns, metrics } = design;
  const left = partialOut(sums, columns.length, contextColumns).sums;
  return shrink(regressionLikelihood(left, metrics.length, rows - columns.length + 1), prior);
}

/** Metrics and target with context partialled out. */
function residuals({ columns, contextColumns }: UnitDesign, coefficients: Float64Array) {
  const others = columns.length - contextColumns;
  return columns.slice(contextColumns).map((column, j) => {
    const own = Float64Array.from(
      { length: contextColumns },
      (_, k) => coefficients[k * others + j],
    );
    const left = column.slice();
    for (let k = 0; k < contextColumns; k++)
      for (let row = 0; row < left.length; row++) left[row] -= own[k] * columns[k][row];
    return left;
  });
}

const indexOf = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);
