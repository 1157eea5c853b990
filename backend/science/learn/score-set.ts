import { BLOCK } from '../../../shared/score/rerank-block.ts';
import { rerankRows } from '../../../shared/score/rerank.ts';
import { STRIDE, toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { cellColumn } from './crosses/cross-columns.ts';
import { additiveScores } from './histogram.ts';
import type { TrainingSet } from './training-set.ts';

type CodedRows = Pick<TrainingSet, 'rows' | 'features' | 'codes'>;

/** Points of every row, as the edge would give them: of any kind of scorer. A set may have more features: they are left out. */
export function pointsPerRow(scorer: Scorer, set: CodedRows): Float64Array {
  if (scorer.kind === 'additive') return firstPassPoints(scorer, set);
  const points = scorer.rerank.adds ? firstPassPoints(scorer, set) : new Float64Array(set.rows);
  const features = scorer.schema.features.length;
  const units = rerankRows(scorer, set.rows, (codes, from, count) => {
    for (let feature = 0; feature < features; feature++) {
      const start = feature * set.rows + from;
      codes.set(set.codes.subarray(start, start + count), feature * BLOCK);
    }
  });
  // Points are whole multiples of 2⁻¹⁶, so their sums have the bits of sums of units.
  units.forEach((own, row) => (points[row] += toPoints(own)));
  return points;
}

function firstPassPoints(scorer: Scorer, { rows, codes }: CodedRows): Float64Array {
  const { schema, crosses = [] } = scorer;
  const set = { rows, features: schema.features.length, codes };
  const weights = Float64Array.from(scorer.weights, toPoints);
  const points = additiveScores(set, weights);
  crosses.forEach((cross, k) => {
    const own = weights.subarray((set.features + k) * STRIDE, (set.features + k + 1) * STRIDE);
    cellColumn(set, schema, cross).forEach((cell, row) => (points[row] += own[cell]));
  });
  return points;
}
