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

/** The counterpart of gain for additive scorers: the variance of each feature's points over the training rows. */
export const pointsVariance = (weights: Int32Array, train: TrainingSet): Float64Array =>
  Float64Array.from(pointsMoments(weights, train), ({ variance }) => variance);
