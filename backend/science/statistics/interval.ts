import { studentQuantile } from './distributions.ts';

/** An estimate with its 95 % confidence interval. */
export interface IntervalEstimate {
  readonly mean: number;
  /** 95 % confidence interval. */
  readonly low: number;
  readonly high: number;
  /** Values. */
  readonly n: number;
  readonly clusters: number;
}

/**
 * Mean with a 95 % interval for values that are correlated within clusters (the slates of one session): cluster-robust
 * variance of the mean, `C/(C−1) · Σ_c (Σ_{i∈c} (xᵢ − x̄))² / n²` (Liang & Zeger, 1986), and Student's t with C − 1
 * degrees of freedom. With one value per cluster it is the ordinary t interval.
 * @param values n values. @param cluster the cluster number of each value.
 * @returns undefined with fewer than two clusters, because then the variance cannot be estimated.
 * @throws where the two have different lengths.
 */
export function clusteredMean(
  values: ArrayLike<number>,
  cluster: ArrayLike<number>,
): IntervalEstimate | undefined {
  const totals = clusterTotals(values, cluster);
  const clusters = totals.sum.length;
  if (clusters < 2) return undefined;
  return studentInterval(meanOf(totals), standardErrorOfMean(totals), values.length, clusters);
}

/** 95 % Student's t interval `mean ± t₀.₉₇₅(C − 1) · error`. @param error standard error of the mean. */
export function studentInterval(
  mean: number,
  error: number,
  n: number,
  clusters: number,
): IntervalEstimate {
  const half = studentQuantile(0.975, clusters - 1) * error;
  return { mean, low: mean - half, high: mean + half, n, clusters };
}

/** Cluster-robust standard error of the mean (Liang & Zeger, 1986). */
export function standardErrorOfMean(totals: ClusterTotals): number {
  const mean = meanOf(totals);
  const values = totals.n.reduce((a, b) => a + b, 0);
  return standardErrorOf(totals.sum.map((sum, c) => (sum - mean * totals.n[c]) / values));
}

/**
 * Cluster-robust standard error of any estimate.
 * @param influence by how much each cluster moves the estimate, to first order; the values add up to 0.
 */
export function standardErrorOf(influence: Float64Array): number {
  let squares = 0;
  for (const value of influence) squares += value * value;
  const clusters = influence.length;
  return Math.sqrt((clusters / (clusters - 1)) * squares);
}

/** Sum and number of values per cluster: sufficient for a mean and its cluster-robust error. `C` entries each. */
export interface ClusterTotals {
  readonly sum: Float64Array;
  readonly n: Float64Array;
}

/** Sums the values of each cluster. @throws where there is not one cluster number per value. */
export function clusterTotals(
  values: ArrayLike<number>,
  cluster: ArrayLike<number>,
): ClusterTotals {
  if (values.length !== cluster.length) {
    throw new Error(`${values.length} values for ${cluster.length} cluster numbers: give one each`);
  }
  const indexOf = clusterIndex(cluster);
  const clusters = clusterCount(indexOf);
  const [sum, n] = [new Float64Array(clusters), new Float64Array(clusters)];
  for (let i = 0; i < values.length; i++) {
    sum[indexOf[i]] += values[i];
    n[indexOf[i]]++;
  }
  return { sum, n };
}

/** Renumbers clusters densely from 0, in order of first appearance. */
export function clusterIndex(cluster: ArrayLike<number>): Uint32Array {
  const numberOf = new Map<number, number>();
  return Uint32Array.from(cluster, (id) => {
    let number = numberOf.get(id);
    if (number === undefined) numberOf.set(id, (number = numberOf.size));
    return number;
  });
}

/** How many clusters there are. @param index as `clusterIndex` gives it. */
export const clusterCount = (index: Uint32Array): number =>
  index.reduce((most, one) => Math.max(most, one + 1), 0);

/** Mean over all values of all clusters. */
export function meanOf({ sum, n }: ClusterTotals): number {
  return sum.reduce((a, b) => a + b, 0) / n.reduce((a, b) => a + b, 0);
}
