import { studentQuantile } from '../../statistics/distributions.ts';
import { clusterIndex, standardError } from '../../statistics/interval.ts';
import {
  countSlots,
  tooFewClicks,
  type ExaminationPropensities,
  type Impressions,
} from './examination.ts';

/**
 * Where slots were filled without regard to worth (a floor of 1, a shuffled share of the traffic), every slot
 * shows items of the same mean worth, and click rates tell examination alone: `θ_k / θ₁ = CTR_k / CTR₁`
 * (Joachims et al., WSDM 2017, section 5.3). The interval is the delta method's on the logarithm, clustered.
 * @param slots how many to estimate, from slot 1 on.
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
  const clusters = index.reduce((most, c) => Math.max(most, c + 1), 0);
  // What each cluster moves log CTR_k by.
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
      const spread = Math.exp(reach * standardError(moved));
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
