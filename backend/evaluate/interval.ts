export interface Estimate {
  readonly mean: number;
  /** 95 % confidence interval. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly clusters: number;
}

const Z95 = 1.959963984540054;

/**
 * Mean with a 95 % interval when values come in clusters (slates of one session are alike): the
 * cluster-robust variance of a mean, `C/(C−1) · Σ_c (Σ_{i∈c} (xᵢ − x̄))² / n²` (Liang & Zeger, 1986).
 * @param cluster one cluster number per value.
 * @returns undefined with fewer than two clusters: no spread can be seen.
 */
export function clusteredMean(
  values: ArrayLike<number>,
  cluster: ArrayLike<number>,
): Estimate | undefined {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  const residual = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    residual.set(cluster[i], (residual.get(cluster[i]) ?? 0) + values[i] - mean);
  }
  const clusters = residual.size;
  if (clusters < 2) return undefined;
  let squares = 0;
  for (const sum of residual.values()) squares += sum * sum;
  const error = Math.sqrt((clusters / (clusters - 1)) * squares) / n;
  return { mean, low: mean - Z95 * error, high: mean + Z95 * error, n, clusters };
}
