import { seededRandom } from '../../../shared/explore/random.ts';
import { covarianceOf, drawNormal, exponentials } from './draws.ts';
import { evidenceOf, gram, partialOut } from './gram.ts';
import type { Skill } from './learned-weights.ts';
import { dot, identity, sumOf } from '../statistics/matrix.ts';
import { drawSpread, shrink, shrinkBy, type Prior, type Shrunk } from './shrink.ts';
import { skillOf } from './skill.ts';
import type { UnitDesign } from './unit-design.ts';

export interface UnitWeights extends Shrunk {
  /** Of the bootstrap, the prior's own spread included. */
  readonly covariance: Float64Array;
}

const RESAMPLES = 200;

/**
 * Weights of a linear surrogate index: the target regressed on the metrics, context partialled out, shrunk to the
 * prior. That is also the linear projection on the metrics of any index E[target | metrics, context] (Athey, Chetty,
 * Imbens & Kang, 2019), since what the index leaves of the target is unrelated to all functions of them.
 * The interval is a posterior bootstrap: units are weighted anew, and the prior's spread and
 * mean are drawn anew (Newton, Polson & Xu, 2021), so that shrinkage does not make it narrow. Context stays partialled out as it is, which
 * changes nothing to first order.
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
    const spread = drawSpread(found, random);
    const around = sumOf(prior.covariance, identity(metrics.length, spread));
    const mean = drawNormal(random, prior.mean, around);
    return shrinkBy(evidenceOf(sums, metrics.length, freedom), { ...prior, mean }, spread).weights;
  });
  return { ...found, covariance: covarianceOf(draws, rows.length) };
}

/**
 * How well units that were not learned from are foretold, beyond what their context tells.
 * @param heldOut units of the design, by fold. @param equal weights of the same metrics.
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

function fit(sums: Float64Array, design: UnitDesign, prior: Prior, rows: number): Shrunk {
  const { columns, contextColumns, metrics } = design;
  const left = partialOut(sums, columns.length, contextColumns).sums;
  return shrink(evidenceOf(left, metrics.length, rows - columns.length + 1), prior);
}

/** Metrics and target less what context tells of them. */
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
