import { finalUnits } from '../../../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../../../shared/score/scorer.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import type { CoveredTrees } from './covered-trees.ts';
import type { Explainer } from './explainer.ts';
import { linearExplainer } from './linear-shap.ts';
import { rowCodes, sampleOf } from './sample-rows.ts';
import { sampledExplainer } from './sampled-shap.ts';
import { treeExplainer } from './tree-shap.ts';

/** How a model's Shapley values are computed. */
export type ShapMethod = 'linear' | 'TreeSHAP' | 'sampled';

/**
 * The explainer for a model: exact for additive scorers without learned crosses and for sums of trees, else by sampling.
 * @param covered a forest's trees with their training figures. @param background rows over which unknown features
 * average.
 */
export function explainModel(
  scorer: Scorer,
  covered: CoveredTrees | undefined,
  background: TrainingSet,
  seed: number,
): Explainer & { readonly method: ShapMethod } {
  const features = scorer.schema.features.length;
  if (scorer.kind === 'additive' && scorer.crosses === undefined)
    return { method: 'linear', ...linearExplainer(scorer.weights, background) };
  // A first pass that only selects the pool is not part of the final score.
  if (covered !== undefined && scorer.kind !== 'additive' && !scorer.rerank.adds)
    return { method: 'TreeSHAP', ...treeExplainer(covered) };
  const score = (codes: Uint8Array) => toPoints(finalUnits(scorer, codes));
  return { method: 'sampled', ...sampledExplainer(score, features, background, { seed }) };
}

/** Mean |Shapley value| of each feature over sampled rows, in points. */
export function meanAbsoluteShap(
  explainer: Explainer,
  features: number,
  set: TrainingSet,
  { seed, sampleRows }: { seed: number; sampleRows: number },
): Float64Array {
  const mean = new Float64Array(features);
  const parts = new Float64Array(features);
  const rows = sampleOf(set.rows, sampleRows, seed);
  for (const row of rows) {
    parts.fill(0);
    explainer.add(rowCodes(set, row, features), parts);
    for (let feature = 0; feature < features; feature++)
      mean[feature] += Math.abs(parts[feature]) / rows.length;
  }
  return mean;
}
