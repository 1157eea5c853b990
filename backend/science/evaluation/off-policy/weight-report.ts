/** Diagnostics of the importance weights, which show whether a few rows dominate the estimate. */
export interface WeightReport {
  /** Kish's effective sample size of the raw weights, in rows (or slates). */
  readonly effectiveSampleSize: number;
  /** Mean raw weight. Its expectation is 1 where the logging policy covers all actions of the evaluated policy. */
  readonly mean: number;
  /** Largest raw weight. */
  readonly max: number;
  /** Largest weight as used, after clipping, switching or shrinking. */
  readonly maxUsed: number;
  /** Share of rows whose weight was reduced. */
  readonly shareClipped: number;
  /** Share of the total weight that was removed by it. */
  readonly shareCutOff: number;
  /** Share of the total weight that the heaviest 1 % of the rows hold (at least one row). */
  readonly largestPercentShare: number;
}

/** @param used the weights as used, one per raw weight; a reduction by less than 1 % does not count as clipped. */
export function weightReport(raw: Float64Array, used: Float64Array = raw): WeightReport {
  let [total, kept, max, maxUsed, changed] = [0, 0, 0, 0, 0];
  for (let i = 0; i < raw.length; i++) {
    total += raw[i];
    kept += used[i];
    max = Math.max(max, raw[i]);
    maxUsed = Math.max(maxUsed, used[i]);
    if (used[i] < 0.99 * raw[i]) changed++;
  }
  const heaviest = raw.toSorted().subarray(-Math.max(1, Math.floor(raw.length / 100)));
  const ofTotal = (part: number) => (total === 0 ? 0 : part / total);
  return {
    effectiveSampleSize: effectiveSampleSize(raw),
    mean: total / raw.length,
    max,
    maxUsed,
    shareClipped: changed / raw.length,
    shareCutOff: ofTotal(total - kept),
    largestPercentShare: ofTotal(heaviest.reduce((sum, weight) => sum + weight, 0)),
  };
}

/** `(Σ w)² / Σ w²` (Kish, Survey Sampling, 1965); 0 when every weight is 0. */
export function effectiveSampleSize(weights: Iterable<number>): number {
  let [sum, squares] = [0, 0];
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}
