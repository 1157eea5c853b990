import { finalUnits } from '../../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { additiveScores } from './histogram.ts';
import { scoreRows } from './score-rows.ts';
import type { TrainingSet } from './training-set.ts';

/** Points of every row, as the edge would give them: of any kind of scorer. A set may have more features: they are left out. */
export function pointsPerRow(
  scorer: Scorer,
  { rows, codes }: Pick<TrainingSet, 'rows' | 'features' | 'codes'>,
): Float64Array {
  const set = { rows, features: scorer.schema.features.length, codes };
  return scorer.kind === 'additive'
    ? additiveScores(set, Float64Array.from(scorer.weights, toPoints))
    : scoreRows(set, (own) => toPoints(finalUnits(scorer, own)));
}
