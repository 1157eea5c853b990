import { bootstrapMean, type BootstrapInterval } from './bootstrap.ts';
import { studentTwoSided } from './distributions.ts';
import {
  clusterTotals,
  standardErrorOfMean,
  studentInterval,
  meanOf,
  type IntervalEstimate,
} from './interval.ts';

/** Mean difference of two versions on the same slates, after minus before. */
export type PairedComparison =
  | (IntervalEstimate & {
      readonly kind: 'compared';
      /** Two-sided p-value of the null hypothesis that the mean difference is 0. */
      readonly p: number;
      readonly bootstrap: BootstrapInterval;
    })
  | {
      readonly kind: 'not enough data';
      readonly n: number;
      readonly clusters: number;
      readonly reason: string;
    };

export interface PairedComparisonOptions {
  readonly seed: number;
  readonly resamples?: number;
  /** With fewer clusters there is not enough data; at least 2. */
  readonly minClusters?: number;
}

/**
 * Paired t test of a measure of two versions, clustered by user or session: cluster-robust standard error and Student's
 * t with C − 1 degrees of freedom (with one slate per cluster, the ordinary paired t test). A cluster bootstrap
 * interval is given as well, which does not assume that the mean is normally distributed.
 * @param before and `after` one value each per slate. @param cluster the cluster number of each slate.
 * @throws where `before` and `after` have different lengths.
 */
export function pairedComparison(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  cluster: ArrayLike<number>,
  { seed, resamples = 2000, minClusters = 2 }: PairedComparisonOptions,
): PairedComparison {
  if (before.length !== after.length) {
    throw new Error(
      `${before.length} slates before, ${after.length} after: compare on the same slates`,
    );
  }
  const differences = Float64Array.from(after, (value, i) => value - before[i]);
  const totals = clusterTotals(differences, cluster);
  const [n, clusters] = [differences.length, totals.sum.length];
  const notEnough = (reason: string) => ({ kind: 'not enough data', n, clusters, reason }) as const;
  if (clusters < Math.max(2, minClusters)) {
    return notEnough(`${clusters} of ${Math.max(2, minClusters)} clusters`);
  }
  const error = standardErrorOfMean(totals);
  const largest = differences.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // A standard error of the size of rounding errors means that all differences are equal.
  const varies = error > 1e-13 * largest;
  const bootstrap = varies ? bootstrapMean(totals, { seed, resamples }) : undefined;
  const estimate = studentInterval(meanOf(totals), error, n, clusters);
  if (bootstrap === undefined) {
    return notEnough(`all clusters differ by ${estimate.mean} on average: no variance`);
  }
  const p = studentTwoSided(estimate.mean / error, clusters - 1);
  return { kind: 'compared', ...estimate, p, bootstrap };
}
