import { studentQuantile } from './distributions.ts';

export interface Estimate {
  readonly mean: number;
  /** 95 % confidence interval. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly clusters: number;
}

/**
 * Mean with a 95 % interval when values come in clusters (slates of one session are alike): the cluster-robust
 * variance of a mean, `C/(C−1) · Σ_c (Σ_{i∈c} (xᵢ − x̄))² / n²` (Liang & Zeger, 1986), with Student's t of C − 1
 * degrees of freedom. With one value per cluster it is the plain t interval.
 * @param cluster one cluster number per value.
 * @returns undefined with fewer than two clusters: no spread can be seen.
 */
export function clusteredMean(
  values: ArrayLike<number>,
  cluster: ArrayLike<number>,
): Estimate | undefined {
  const totals = clusterTotals(values, cluster);
  const clusters = totals.sum.length;
  if (clusters < 2) return undefined;
  return estimateOf(meanOf(totals), errorOfMean(totals), values.length, clusters);
}

/** `mean ± t₀.₉₇₅(C − 1) · error`. */
export function estimateOf(mean: number, error: number, n: number, clusters: number): Estimate {
  const half = studentQuantile(0.975, clusters - 1) * error;
  return { mean, low: mean - half, high: mean + half, n, clusters };
}

/** Standard error of the mean. */
export function errorOfMean(totals: ClusterTotals): number {
  const mean = meanOf(totals);
  const values = totals.n.reduce((a, b) => a + b, 0);
  return standardError(totals.sum.map((sum, c) => (sum - mean * totals.n[c]) / values));
}

/** @param influence what each cluster moves the estimate by, to first order; they add up to 0. */
export function standardError(influence: Float64Array): number {
  let squares = 0;
  for (const value of influence) squares += value * value;
  const clusters = influence.length;
  return Math.sqrt((clusters / (clusters - 1)) * squares);
}

/** How much each cluster holds: all that a mean over values needs to know of them. */
export interface ClusterTotals {
  readonly sum: Float64Array;
  readonly n: Float64Array;
}

export function clusterTotals(
  values: ArrayLike<number>,
  cluster: ArrayLike<number>,
): ClusterTotals {
  if (values.length !== cluster.length) {
    throw new Error(`${values.length} values for ${cluster.length} cluster numbers: give one each`);
  }
  const indexOf = clusterIndex(cluster);
  const clusters = indexOf.reduce((most, index) => Math.max(most, index + 1), 0);
  const [sum, n] = [new Float64Array(clusters), new Float64Array(clusters)];
  for (let i = 0; i < values.length; i++) {
    sum[indexOf[i]] += values[i];
    n[indexOf[i]]++;
  }
  return { sum, n };
}

/** Cluster numbers made dense: 0 for the first one met, 1 for the next … */
export function clusterIndex(cluster: ArrayLike<number>): Uint32Array {
  const numberOf = new Map<number, number>();
  return Uint32Array.from(cluster, (id) => {
    let number = numberOf.get(id);
    if (number === undefined) numberOf.set(id, (number = numberOf.size));
    return number;
  });
}

export function meanOf({ sum, n }: ClusterTotals): number {
  return sum.reduce((a, b) => a + b, 0) / n.reduce((a, b) => a + b, 0);
}
