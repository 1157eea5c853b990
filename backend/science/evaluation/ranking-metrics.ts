/**
 * Ranking metrics of one list. `gains[i]` is the reward of the item at position i + 1. An item is relevant where its
 * gain is above 0. A list without a relevant item has the value 0; averages over lists leave such lists out, because no
 * order of theirs is better than another.
 */

type Gains = ArrayLike<number>;

/** How a gain counts: as it is, or as 2^gain − 1, which emphasises large gains (Burges et al., 2005). */
export type GainScale = 'linear' | 'exponential';

/** 1 / position of the first relevant item among the first k; 0 if there is none. */
export function reciprocalRank(gains: Gains, k = Infinity): number {
  for (let i = 0; i < Math.min(k, gains.length); i++) if (gains[i] > 0) return 1 / (i + 1);
  return 0;
}

/** 1 if any of the first k items is relevant. */
export const hitAt = (gains: Gains, k: number): number => (relevantIn(gains, k) > 0 ? 1 : 0);

/** Share of relevant items among the first k; positions beyond the end of the list count as irrelevant. */
export const precisionAt = (gains: Gains, k: number): number =>
  k > 0 ? relevantIn(gains, k) / k : 0;

/** Share of the relevant items that are among the first k. */
export function recallAt(gains: Gains, k: number): number {
  const relevant = relevantIn(gains, gains.length);
  return relevant === 0 ? 0 : relevantIn(gains, k) / relevant;
}

/**
 * Average precision: mean of the precisions at the positions of the relevant items among the first k. Its mean over
 * lists is MAP@k.
 * @param outOf the divisor: `reachable` is the number of relevant items that fit into k positions, so that a perfect
 * order has 1; `all` is the number of all relevant items (trec_eval, ranx).
 */
export function averagePrecisionAt(
  gains: Gains,
  k = Infinity,
  outOf: 'reachable' | 'all' = 'reachable',
): number {
  let [relevant, sum] = [0, 0];
  for (let i = 0; i < gains.length; i++) {
    if (!(gains[i] > 0)) continue;
    relevant++;
    if (i < k) sum += relevant / (i + 1);
  }
  return relevant === 0 ? 0 : sum / (outOf === 'all' ? relevant : Math.min(relevant, k));
}

/** `DCG@k = Σ gainᵢ / log₂(i + 1)` over the first k positions (Järvelin & Kekäläinen, 2002). */
export function dcgAt(gains: Gains, k: number, scale: GainScale = 'linear'): number {
  let sum = 0;
  for (let i = 0; i < Math.min(k, gains.length); i++)
    sum += scaledGain(gains[i], scale) / Math.log2(i + 2);
  return sum;
}

/** `DCG@k / ideal DCG@k`; 0 if no item is relevant. */
export function ndcgAt(gains: Gains, k: number, scale: GainScale = 'linear'): number {
  const ideal = idealDcgAt(gains, k, scale);
  return ideal > 0 ? dcgAt(gains, k, scale) / ideal : 0;
}

/**
 * Expected DCG@k over all orders of items with equal scores (McSherry & Najork, ECIR 2008).
 * @param gains and `scores` in any order, one each per item.
 */
export function dcgTiesAveragedAt(
  gains: Gains,
  scores: Gains,
  k: number,
  scale: GainScale = 'linear',
): number {
  const order = Array.from(scores, (_, i) => i).toSorted((a, b) => scores[b] - scores[a]);
  let sum = 0;
  for (let first = 0; first < order.length;) {
    let [end, paid, discount] = [first, 0, 0];
    for (; end < order.length && scores[order[end]] === scores[order[first]]; end++) {
      paid += scaledGain(gains[order[end]], scale);
      if (end < k) discount += 1 / Math.log2(end + 2);
    }
    sum += (paid / (end - first)) * discount;
    first = end;
  }
  return sum;
}

/** Expected NDCG@k over all orders of items with equal scores. */
export function ndcgTiesAveragedAt(
  gains: Gains,
  scores: Gains,
  k: number,
  scale: GainScale = 'linear',
): number {
  const ideal = idealDcgAt(gains, k, scale);
  return ideal > 0 ? dcgTiesAveragedAt(gains, scores, k, scale) / ideal : 0;
}

function relevantIn(gains: Gains, k: number): number {
  let relevant = 0;
  for (let i = 0; i < Math.min(k, gains.length); i++) if (gains[i] > 0) relevant++;
  return relevant;
}

const scaledGain = (gain: number, scale: GainScale): number =>
  scale === 'linear' ? gain : 2 ** gain - 1;

const idealDcgAt = (gains: Gains, k: number, scale: GainScale): number =>
  dcgAt(
    Float64Array.from(gains).toSorted((a, b) => b - a),
    k,
    scale,
  );
