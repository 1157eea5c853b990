import { studentQuantile } from '../../statistics/distributions.ts';
import { clusterCount, clusterIndex, standardErrorOf } from '../../statistics/interval.ts';
import {
  countSlots,
  tooFewClicks,
  type ExaminationPropensities,
  type Impressions,
} from './examination.ts';

/**
 * Examination from randomised slots (epsilon of 1, or a shuffled share of the traffic): every slot shows items of the
 * same mean relevance, so the ratio of click-through rates is the ratio of examination, `θ_k / θ₁ = CTR_k / CTR₁`
 * (Joachims et al., WSDM 2017, section 5.3). The interval is by the delta method on the logarithm, clustered.
 * @param slots number of slots to estimate, from slot 1.
 */
export function examinationFromRandomised(
  impressions: Impressions,
  slots: number,
): ExaminationPropensities {
  const counts = countSlots(impressions, slots);
  const reason = tooFewClicks(counts);
  if (reason !== undefined) return { kind: 'refused', reason };
  const rate = counts.clicks.map((clicks, k) => clicks / counts.impressions[k]);
  const index = clusterIndex(impressions.cluster);
  const clusters = clusterCount(index);
  // Influence of each cluster on log CTR_k.
  const influence = Array.from(rate, () => new Float64Array(clusters));
  for (let i = 0; i < index.length; i++) {
    const k = impressions.slot[i] - 1;
    if (k >= slots) continue;
    const clicked = impressions.reward[i] > 0 ? 1 : 0;
    influence[k][index[i]] += (clicked - rate[k]) / (counts.impressions[k] * rate[k]);
  }
  const reach = studentQuantile(0.975, clusters - 1);
  return {
    kind: 'estimated',
    method: 'randomised slots',
    slots: Array.from(rate, (own, k) => {
      const examination = own / rate[0];
      const moved = influence[k].map((value, c) => (k === 0 ? 0 : value - influence[0][c]));
      const spread = Math.exp(reach * standardErrorOf(moved));
      return {
        slot: k + 1,
        examination,
        low: examination / spread,
        high: examination * spread,
        impressions: counts.impressions[k],
        clicks: counts.clicks[k],
      };
    }),
  };
}
