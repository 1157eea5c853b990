/** Of counts that are alike: how far each is from the others, and what would be usual. */
export interface OutlierScores {
  readonly scores: Float64Array;
  /** The median, as a count. */
  readonly usual: number;
}

/** From here on a count is unlike the others: under a normal distribution two of ten million are. */
export const UNLIKE = 5;

/**
 * Robust scores of counts: `(y − median) / s` of `y = 2 √(x + 3/8)`, which makes the variance of Poisson counts 1 whatever their
 * mean (Anscombe, Biometrika 35, 1948); s is 1.4826 MAD, so that outliers do not widen the measure that they are found by (Iglewicz &
 * Hoaglin, 1993), and at least 1, as no counts are more regular than Poisson's without a reason.
 * @param counts 0 or more each. @returns a score of 0 for each where there are fewer than five: of so few nothing is usual.
 */
export function outlierScores(counts: readonly number[]): OutlierScores {
  const y = counts.map((count) => 2 * Math.sqrt(count + 3 / 8));
  const middle = median(y);
  const usual = counts.length === 0 ? 0 : Math.max(0, (middle / 2) ** 2 - 3 / 8);
  if (counts.length < 5) return { scores: new Float64Array(counts.length), usual };
  const spread = Math.max(1, 1.4826 * median(y.map((value) => Math.abs(value - middle))));
  return { scores: Float64Array.from(y, (value) => (value - middle) / spread), usual };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
