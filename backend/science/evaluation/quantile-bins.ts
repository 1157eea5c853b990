/**
 * Edges of quantile bins, ascending: bin i holds scores above `edges[i − 1]` up to and including `edges[i]`, and there is one
 * bin more than edges. Where many scores are equal there are fewer bins, but never empty ones.
 */
export function quantileEdges(scores: ArrayLike<number>, bins = 10): number[] {
  const sorted = Float64Array.from(scores).toSorted();
  const edges: number[] = [];
  for (let bin = 1; bin < bins; bin++) {
    const edge = sorted[Math.ceil((bin * sorted.length) / bins) - 1];
    if (edge !== edges.at(-1) && edge < sorted[sorted.length - 1]) edges.push(edge);
  }
  return edges;
}

/** The bin of a score, by the edges of `quantileEdges`. */
export function binOf(edges: readonly number[], score: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < score) low = middle + 1;
    else high = middle;
  }
  return low;
}
