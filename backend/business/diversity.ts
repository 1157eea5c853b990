/** What of the catalogue was shown, and how evenly. It is a count of what was shown, not an estimate: it has no interval. */
export interface Diversity {
  /** Different items that were shown, in the catalogue or not. */
  readonly items: number;
  /**
   * As how many items that are all shown equally often: 1 / Σ n(n − 1) / (N(N − 1)), the inverse of Simpson's index without
   * its bias (Simpson, Nature 163, 1949). It does not grow with the traffic alone. null where no item was shown twice.
   */
  readonly effective: number | null;
  /** Share of today's catalogue that was shown at least once, 0..1; it does grow with the traffic. null: the catalogue is empty. */
  readonly coverage: number | null;
}

/** @param shown item → how often it was shown. */
export function diversityOf(
  shown: ReadonlyMap<string, number>,
  catalogue: ReadonlySet<string>,
): Diversity {
  let [times, pairs, covered] = [0, 0, 0];
  for (const [item, n] of shown) {
    times += n;
    pairs += n * (n - 1);
    if (catalogue.has(item)) covered++;
  }
  return {
    items: shown.size,
    effective: pairs === 0 ? null : (times * (times - 1)) / pairs,
    coverage: catalogue.size === 0 ? null : covered / catalogue.size,
  };
}
