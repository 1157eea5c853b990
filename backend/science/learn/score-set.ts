import { finalUnits } from '../../../shared/score/rerank.ts';
import { STRIDE, toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { cellColumn } from './crosses/cross-columns.ts';
import { additiveScores } from './histogram.ts';
import { scoreRows } from './score-rows.ts';
import type { TrainingSet } from './training-set.ts';

/** Points of every row, as the edge would give them: of any kind of scorer. A set may have more features: they are left out. */
export function pointsPerRow(
  scorer: Scorer,
  { rows, codes }: Pick<TrainingSet, 'rows' | 'features' | 'codes'>,
): Float64Array {
  const { schema, crosses = [] } = scorer;
  const set = { rows, features: schema.features.length, codes };
  if (scorer.kind !== 'additive') return scoreRows(set, (own) => toPoints(finalUnits(scorer, own)));
  const weights = Float64Array.from(scorer.weights, toPoints);
  const points = additiveScores(set, weights);
  crosses.forEach((cross, k) => {
    const own = weights.subarray((set.features + k) * STRIDE, (set.features + k + 1) * STRIDE);
    cellColumn(set, schema, cross).forEach((cell, row) => (points[row] += own[cell]));
  });
  return points;
}
