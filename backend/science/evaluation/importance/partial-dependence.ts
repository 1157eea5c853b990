import { bucketCount } from '../../../../shared/features/schema.ts';
import { finalUnits } from '../../../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../../../shared/score/scorer.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import { rowCodes, sampleOf } from './sample-rows.ts';

/**
 * Partial dependence (Friedman, "Greedy function approximation", 2001, section 8.2): the mean score of the sampled rows
 * when one feature is set to each of its buckets and the others keep theirs. Limitation: where features are correlated,
 * some of these combinations never occur.
 * @returns points, by feature and bucket.
 */
export function partialDependence(
  scorer: Scorer,
  set: TrainingSet,
  { seed, sampleRows = 200 }: { seed: number; sampleRows?: number },
): Float64Array[] {
  const { features } = scorer.schema;
  const sample = Array.from(sampleOf(set.rows, sampleRows, seed), (row) =>
    rowCodes(set, row, features.length),
  );
  return features.map((spec, feature) => {
    const points = new Float64Array(bucketCount(spec));
    for (const codes of sample) {
      const own = codes[feature];
      for (let bucket = 0; bucket < points.length; bucket++) {
        codes[feature] = bucket;
        points[bucket] += toPoints(finalUnits(scorer, codes)) / sample.length;
      }
      codes[feature] = own;
    }
    return points;
  });
}

/** Number of rows in each bucket of a feature. */
export function bucketRows(
  { rows, codes }: Pick<TrainingSet, 'rows' | 'codes'>,
  feature: number,
  buckets: number,
): Uint32Array {
  const counts = new Uint32Array(buckets);
  for (const code of codes.subarray(feature * rows, (feature + 1) * rows)) counts[code]++;
  return counts;
}
