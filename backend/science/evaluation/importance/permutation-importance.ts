import { seededRandom } from '../../../../shared/explore/random.ts';
import type { Scorer } from '../../../../shared/score/scorer.ts';
import { pointsPerRow } from '../../learn/score-set.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import { clusteredMean, type Estimate } from '../../statistics/interval.ts';
import { rankedGains } from '../rank-slates.ts';
import { ndcgAt } from '../ranking-metrics.ts';

/**
 * Permutation importance (Breiman, 2001; Fisher, Rudin & Dominici, 2019): by how much NDCG@10 falls when a feature's
 * codes are dealt out anew among the rows of the set, so that they tell nothing and keep their frequencies.
 * @param set rows that nothing was learned from.
 * @returns per feature the fall per slate that earned something, with its 95 % interval clustered by session.
 * @throws Error when the slates come from fewer than two sessions.
 */
export function permutationImportance(
  scorer: Scorer,
  set: TrainingSet,
  { seed, repeats = 3 }: { seed: number; repeats?: number },
): Estimate[] {
  const { rows } = set;
  const features = scorer.schema.features.length;
  const codes = set.codes.slice(0, features * rows);
  const measure = () => {
    const ranked = rankedGains(set, pointsPerRow(scorer, { ...set, features, codes }), seed);
    return { slates: ranked.slates, values: ranked.gains.map((gains) => ndcgAt(gains, 10)) };
  };
  const { slates, values: whole } = measure();
  const sessions = slates.map((slate) => set.session[slate]);
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
    const fall = clusteredMean(falls, sessions);
    if (fall === undefined)
      throw new Error(
        `${whole.length} slates with a reward in fewer than 2 sessions: judge by more slates`,
      );
    return fall;
  });
}

function shuffle(values: Uint8Array, random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
}
