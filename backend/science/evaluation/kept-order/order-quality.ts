import { clusteredMean, type IntervalEstimate } from '../../statistics/interval.ts';
import { ndcgAt, reciprocalRank } from '../ranking-metrics.ts';
import { clustersOf } from '../../learn/visitor-clusters.ts';
import { slotsByScore, type KeptSlate } from './kept-slate.ts';

/** A measure of both orders of the same items, and how much Trimtab's has more, paired. */
export interface PairedQuality {
  readonly site: number;
  readonly trimtab: number;
  readonly difference: IntervalEstimate;
}

/** Of the slates in which something was clicked. */
export interface OrderQuality {
  readonly rankings: number;
  /** Absent with clicks of fewer than two visitors. */
  readonly mrr?: PairedQuality;
  readonly ndcg10?: PairedQuality;
}

/**
 * Where the clicked items stand in the site's order, and where in Trimtab's. It favours the order that was shown: what stands first is
 * seen, and so it is clicked. Where Trimtab's figure is not the lower one, its order is better in truth than this says.
 */
export function orderQuality(slates: readonly KeptSlate[]): OrderQuality {
  const clicked = slates.filter(
    (slate) => slate.itemIds.length > 1 && slate.clicked.includes(true),
  );
  const clusters = clustersOf(clicked);
  const gains = clicked.map((slate) => {
    const site = Float64Array.from(slate.clicked, Number);
    const trimtab = new Float64Array(site.length);
    slotsByScore(slate).forEach((to, from) => (trimtab[to] = site[from]));
    return { site, trimtab };
  });
  const paired = (measure: (ranked: Float64Array) => number): PairedQuality | undefined => {
    const [site, trimtab] = (['site', 'trimtab'] as const).map((order) =>
      gains.map((one) => measure(one[order])),
    );
    const difference = clusteredMean(
      trimtab.map((value, i) => value - site[i]),
      clusters,
    );
    return difference && { site: mean(site), trimtab: mean(trimtab), difference };
  };
  const mrr = paired(reciprocalRank);
  const ndcg10 = paired((ranked) => ndcgAt(ranked, 10));
  return { rankings: clicked.length, ...(mrr && { mrr }), ...(ndcg10 && { ndcg10 }) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;
