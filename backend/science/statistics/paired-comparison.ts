import { bootstrapMean, type BootstrapInterval } from './bootstrap.ts';
import { studentTwoSided } from './distributions.ts';
import { clusterTotals, errorOfMean, estimateOf, meanOf, type Estimate } from './interval.ts';

/** How a version differs from another on the same slates: after minus before. */
export type Comparison =
  | (Estimate & {
      readonly kind: 'compared';
      /** Two-sided, of "no difference". */
      readonly p: number;
      readonly bootstrap: BootstrapInterval;
    })
  | {
      readonly kind: 'not enough data';
      readonly n: number;
      readonly clusters: number;
      readonly reason: string;
    };

export interface ComparisonOptions {
  readonly seed: number;
  readonly resamples?: number;
  /** Fewer clusters than this get no answer; at least 2. */
  readonly minClusters?: number;
}

/**
 * Paired t-test of a measure of two versions, clustered by user or session (cluster-robust error, Student's t of
 * C − 1 degrees of freedom: with one slate per cluster the plain paired t-test), and a cluster bootstrap beside it,
 * which does not lean on the mean being normal.
 * @param before and `after` one value each per slate. @param cluster one cluster number per slate.
 */
export function compare(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  cluster: ArrayLike<number>,
  { seed, resamples = 2000, minClusters = 2 }: ComparisonOptions,
): Comparison {
  if (before.length !== after.length) {
    throw new Error(
      `${before.length} slates before, ${after.length} after: compare on the same slates`,
    );
  }
  const gain = Float64Array.from(after, (value, i) => value - before[i]);
  const totals = clusterTotals(gain, cluster);
  const [n, clusters] = [gain.length, totals.sum.length];
  const none = (reason: string) => ({ kind: 'not enough data', n, clusters, reason }) as const;
  if (clusters < Math.max(2, minClusters)) {
    return none(`${clusters} of ${Math.max(2, minClusters)} clusters`);
  }
  const error = errorOfMean(totals);
  const largest = gain.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // What is left of rounding is no spread.
  const spread = error > 1e-13 * largest;
  const bootstrap = spread ? bootstrapMean(totals, { seed, resamples }) : undefined;
  const estimate = estimateOf(meanOf(totals), error, n, clusters);
  if (bootstrap === undefined) {
    return none(`all clusters differ by ${estimate.mean} in the mean: no spread to judge by`);
  }
  const p = studentTwoSided(estimate.mean / error, clusters - 1);
  return { kind: 'compared', ...estimate, p, bootstrap };
}
