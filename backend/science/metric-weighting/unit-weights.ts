import { seededRandom } from '../../../shared/explore/random.ts';
import { bootstrapCovariance, drawNormal, exponentials } from './draws.ts';
import { regressionLikelihood, gram, partialOut } from './gram.ts';
import type { Skill } from './learned-weights.ts';
import { dot, identity, addMatrices } from '../statistics/matrix.ts';
import {
  drawTauSquared,
  shrink,
  shrinkAtTauSquared,
  type Prior,
  type ShrunkWeights,
} from './shrink.ts';
import { skillOf } from './skill.ts';
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
 * Held-out skill: how well the metrics predict the target of held-out units beyond their context.
 * @param heldOut rows of the design, by fold. @param equal equal weights of the same metrics.
 */
export function unitSkill(
  design: UnitDesign,
  prior: Prior,
  equal: Float64Array,
  heldOut: readonly Uint32Array[],
): Skill | undefined {
  const { columns, contextColumns, rows, metrics } = design;
  const size = columns.length;
  const whole = gram(columns, indexOf(rows.length));
  const count = heldOut.reduce((sum, fold) => sum + fold.length, 0);
  const [values, baseline, predictions, scores, equalScores] = Array.from(
    { length: 5 },
    () => new Float64Array(count),
  );
  const x = new Float64Array(metrics.length);
  let at = 0;
  for (const fold of heldOut) {
    const own = gram(columns, fold);
    const train = whole.map((value, i) => value - own[i]);
    const { weights } = fit(train, design, prior, rows.length - fold.length);
    const { coefficients } = partialOut(train, size, contextColumns);
    const others = size - contextColumns;
    for (const row of fold) {
      let beyond = 0;
      for (let j = 0; j < others; j++) {
        let byContext = 0;
        for (let k = 0; k < contextColumns; k++)
          byContext += columns[k][row] * coefficients[k * others + j];
        if (j < metrics.length) {
          x[j] = columns[contextColumns + j][row];
          beyond += weights[j] * (x[j] - byContext);
        } else baseline[at] = byContext;
      }
      values[at] = columns[size - 1][row];
      predictions[at] = baseline[at] + beyond;
      scores[at] = dot(weights, x);
      equalScores[at++] = dot(equal, x);
    }
  }
  return skillOf({ values, baseline, predictions, scores, equalScores });
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
