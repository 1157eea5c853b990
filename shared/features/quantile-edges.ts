/**
 * Edges for a `quantile` feature with at most `bins` bins of nearly equal counts: the distinct i/bins quantiles of
 * the finite values, ascending. The q-quantile is the smallest value v such that at least a share q of the values is
 * ≤ v. The largest value is never an edge, since no value would lie above it.
 * @returns up to `bins − 1` edges: fewer if values repeat, none if all are equal.
 */
export function quantileEdges(values: readonly number[], bins: number): number[] {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).toSorted();
  const edges = new Set<number>();
  if (sorted.length === 0) return [];
  for (let i = 1; i < bins; i++) edges.add(sorted[Math.ceil((i * sorted.length) / bins) - 1]);
  edges.delete(sorted[sorted.length - 1]);
  return [...edges];
}
