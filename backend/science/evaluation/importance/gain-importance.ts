import type { AdditiveScorer } from '../../../../shared/score/scorer.ts';
import { withCrossColumns } from '../../learn/crosses/cross-columns.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import type { CoveredTrees } from './covered-trees.ts';
import { pointsMoments } from './linear-shap.ts';

/**
 * Gain importance: the sum of the gains of each feature's splits (Friedman, 2001; second-order, Chen & Guestrin, 2016).
 */
export function gainImportance({ trees, gain }: CoveredTrees, features: number): Float64Array {
  const total = new Float64Array(features);
  trees.left.forEach((child, node) => {
    if (child !== 0) total[trees.feature[node]] += gain[node];
  });
  return total;
}

/**
 * The counterpart of gain for additive scorers: the variance of each feature's points over the training rows. Half of that of a
 * learned cross is each of its features'.
 */
export function pointsVariance(
  { schema, crosses = [], weights }: AdditiveScorer,
  train: TrainingSet,
): Float64Array {
  const features = schema.features.length;
  const all = pointsMoments(weights, withCrossColumns(train, schema, crosses));
  const own = Float64Array.from({ length: features }, (_, feature) => all[feature].variance);
  crosses.forEach((cross, k) => {
    for (const feature of cross) own[feature] += all[features + k].variance / 2;
  });
  return own;
}
