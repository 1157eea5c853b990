import { seededRandom } from '../../../../shared/explore/random.ts';
import type { Scorer } from '../../../../shared/score/scorer.ts';
import { pointsPerRow } from '../../learn/score-set.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import { clusteredMean, type IntervalEstimate } from '../../statistics/interval.ts';
import { shuffle } from '../../statistics/shuffle.ts';
import { rankedGains } from '../rank-slates.ts';
import { ndcgAt } from '../ranking-metrics.ts';

/**
 * Permutation importance (Breiman, 2001; Fisher, Rudin & Dominici, 2019): the decrease of NDCG@10 when a feature's
 * codes are permuted among the rows, which removes their information and keeps their frequencies.
 * @param set rows that the model was not trained on.
 * @returns for each feature the decrease per slate with a reward, with its 95 % interval clustered by visitor.
 * @throws Error where the slates come from fewer than two visitors.
 */
export function permutationImportance(
  scorer: Scorer,
  set: TrainingSet,
  { seed, repeats = 3 }: { seed: number; repeats?: number },
): IntervalEstimate[] {
  const { rows } = set;
  const features = scorer.schema.features.length;
  const codes = set.codes.slice(0, features * rows);
  const measure = () => {
    const ranked = rankedGains(set, pointsPerRow(scorer, { ...set, features, codes }), seed);
    return { slates: ranked.slates, values: ranked.gains.map((gains) => ndcgAt(gains, 10)) };
  };
  const { slates, values: whole } = measure();
  const clusters = slates.map((slate) => set.cluster[slate]);
  const random = seededRandom(seed);
  return Array.from({ length: features }, (_, feature) => {
    const column = codes.subarray(feature * rows, (feature + 1) * rows);
    const before = column.slice();
    const falls = new Float64Array(whole.length);
    for (let repeat = 0; repeat < repeats; repeat++) {
      shuffle(column, random);
      measure().values.forEach((value, i) => (falls[i] += (whole[i] - value) / repeats));
    }
    column.set(before);
    const fall = clusteredMean(falls, clusters);
    if (fall === undefined)
      throw new Error(
        `${whole.length} slates with a reward of fewer than 2 visitors: give more slates`,
      );
    return fall;
  });
}
