import { seededRandom } from '../../../shared/explore/random.ts';
import { coveredTrees } from '../evaluation/importance/covered-trees.ts';
import { gainImportance } from '../evaluation/importance/gain-importance.ts';
import { rowCodes, sampleOf } from '../evaluation/importance/sample-rows.ts';
import { treeExplainer } from '../evaluation/importance/tree-shap.ts';
import { shuffle } from '../statistics/shuffle.ts';
import { toTrees } from '../learn/trees/to-trees.ts';
import { unitCodes, type UnitFeature } from './encode-units.ts';
import type { UnitTrees } from './fit-unit-trees.ts';
import type { ImportanceKind } from './importance-kind.ts';

/** Points per unit of leaf value, because trees round to 2⁻¹⁶ point. */
const POINTS = 100;

export interface ImportanceInput {
  readonly model: UnitTrees;
  readonly features: readonly UnitFeature[];
  readonly metrics: readonly string[];
  /** Units that the model was not trained on, and their labels. */
  readonly heldOut: Uint32Array;
  readonly labels: ArrayLike<number>;
  readonly seed: number;
  /** Number of units for which Shapley values are computed. */
  readonly explained: number;
}

/** Importance of each metric, summed over the features derived from it. */
export function unitImportance(by: ImportanceKind, input: ImportanceInput): Float64Array {
  switch (by) {
    case 'gain':
      return byGain(input);
    case 'shap':
      return byShap(input);
    case 'permutation':
      return byPermutation(input);
    default:
      return by satisfies never;
  }
}

function byGain({ model, features, metrics }: ImportanceInput): Float64Array {
  const covered = coveredTrees(toTrees(model.trees, POINTS), model.trees);
  return sumByMetric(gainImportance(covered, features.length), features, metrics);
}

/** Mean |Shapley value|. A metric's value in one unit is the sum over its features, which may cancel. */
function byShap(input: ImportanceInput): Float64Array {
  const { model, features, metrics, heldOut, seed, explained } = input;
  const explainer = treeExplainer(coveredTrees(toTrees(model.trees, POINTS), model.trees));
  const chosen = sampleOf(heldOut.length, explained, seed).map((i) => heldOut[i]);
  const set = unitCodes(features, chosen);
  const total = new Float64Array(metrics.length);
  for (let row = 0; row < set.rows; row++) {
    const parts = new Float64Array(features.length);
    explainer.add(rowCodes(set, row, features.length), parts);
    const own = sumByMetric(parts, features, metrics);
    own.forEach((value, i) => (total[i] += Math.abs(value) / set.rows));
  }
  return total;
}

/**
 * Permutation importance (Breiman, 2001): the increase of the squared error on held-out units when a metric is permuted
 * among them. All its features are permuted together, because a feature that kept the information would hide the
 * importance. In a cross, the other column is permuted along with it, so that only pairs that occur are used.
 */
function byPermutation({ model, features, metrics, heldOut, labels, seed }: ImportanceInput) {
  const random = seededRandom(seed);
  const set = unitCodes(features, heldOut);
  const { rows } = set;
  const errorOf = (codes: Uint8Array) =>
    model
      .predict({ ...set, codes })
      .reduce((sum, value, row) => sum + (value - labels[heldOut[row]]) ** 2 / rows, 0);
  const whole = errorOf(set.codes);
  return Float64Array.from(metrics, (metric) => {
    const order = shuffle(
      Uint32Array.from({ length: rows }, (_, i) => i),
      random,
    );
    const codes = set.codes.slice();
    features.forEach((feature, f) => {
      if (!feature.metrics.includes(metric)) return;
      for (let row = 0; row < rows; row++) codes[f * rows + row] = set.codes[f * rows + order[row]];
    });
    return errorOf(codes) - whole;
  });
}

/** Sums figures of features by metric; a feature of two metrics counts half for each. */
function sumByMetric(
  figures: ArrayLike<number>,
  features: readonly UnitFeature[],
  metrics: readonly string[],
): Float64Array {
  const total = new Float64Array(metrics.length);
  features.forEach((feature, f) => {
    for (const metric of feature.metrics)
      total[metrics.indexOf(metric)] += figures[f] / feature.metrics.length;
  });
  return total;
}
