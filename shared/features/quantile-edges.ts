/**
 * Edges for a `quantile` feature with at most `bins` bins of nearly equal counts: the i/bins quantiles of the
 * finite values (the smallest value that at least that share does not exceed), each once, in rising order.
 * The largest value is never an edge, since nothing could lie above it.
 * @returns fewer edges than `bins − 1` where values repeat; none where all are equal.
 */
export function quantileEdges(values: readonly number[], bins: number): number[] {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).toSorted();
  const edges = new Set<number>();
  if (sorted.length === 0) return [];
  for (let i = 1; i < bins; i++) edges.add(sorted[Math.ceil((i * sorted.length) / bins) - 1]);
  edges.delete(sorted[sorted.length - 1]);
  return [...edges];
}
