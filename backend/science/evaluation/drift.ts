/**
 * Population stability index (PSI) of current data against a reference: `Σ (aᵦ − rᵦ) ln(aᵦ / rᵦ)` over the buckets'
 * shares, a symmetric Kullback–Leibler divergence. Without any drift its expectation is about `(B − 1)(1/n + 1/m)`
 * (Yurdakul & Naranjo, 2020), which is large for hundreds of buckets and few rows. The usual thresholds (under 0.1
 * stable, from 0.25 a major shift) are therefore applied to the excess over it.
 */
export interface Drift {
  readonly psi: number;
  /** Expected PSI without drift. */
  readonly byChance: number;
  /** `psi − byChance`, at least 0. */
  readonly excess: number;
  readonly reading: DriftReading;
}

export type DriftReading = 'stable' | 'moderate shift' | 'major shift';

const MODERATE_PSI = 0.1;
const MAJOR_PSI = 0.25;

/**
 * Drift of a distribution over buckets.
 * @param reference and `current`: rows per bucket. An empty bucket counts as half a row, so that the logarithm is
 * finite; buckets that are empty on both sides are ignored.
 * @throws Error when either side has no rows.
 */
export function drift(reference: ArrayLike<number>, current: ArrayLike<number>): Drift {
  const [n, m] = [total(reference), total(current)];
  if (n === 0 || m === 0) {
    throw new Error(`drift from ${n} rows to ${m}: both sides need rows`);
  }
  let [psi, buckets] = [0, 0];
  for (let bucket = 0; bucket < reference.length; bucket++) {
    if (reference[bucket] + current[bucket] === 0) continue;
    const before = Math.max(reference[bucket], 0.5) / n;
    const after = Math.max(current[bucket], 0.5) / m;
    psi += (after - before) * Math.log(after / before);
    buckets++;
  }
  const byChance = (buckets - 1) * (1 / n + 1 / m);
  const excess = Math.max(0, psi - byChance);
  return { psi, byChance, excess, reading: readingOf(excess) };
}

export const readingOf = (psi: number): DriftReading =>
  psi < MODERATE_PSI ? 'stable' : psi < MAJOR_PSI ? 'moderate shift' : 'major shift';

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

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i];
  return sum;
}
