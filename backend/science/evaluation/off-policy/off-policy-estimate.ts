import {
  clusterIndex,
  standardErrorOfMean,
  studentInterval,
  meanOf,
  type IntervalEstimate,
} from '../../statistics/interval.ts';
import { supportProblem, rewardProblem, type WeightedRows, type SupportLimits } from './support.ts';
import { weightReport, type WeightReport } from './weight-report.ts';

/** An off-policy estimate with its interval, or why the logs do not support one. */
export type OffPolicyEstimate =
  | {
      readonly kind: 'estimate';
      readonly estimator: string;
      /** Reward per row (per slate for slate estimators) under the evaluated policy, 95 % interval. */
      readonly value: IntervalEstimate;
      /** The value minus the baseline's value on the same rows, paired. */
      readonly gain: IntervalEstimate;
      readonly weights: WeightReport;
    }
  | {
      readonly kind: 'refused';
      readonly estimator: string;
      readonly reason: string;
      readonly weights?: WeightReport;
    };

/**
 * The terms of an estimator, one per row (or slate): their mean is the estimate, and their deviations from it are the
 * empirical influence function, so that their clustered variance gives the standard error. For ratios this is the delta
 * method.
 */
export interface EstimatorTerms {
  readonly values: Float64Array;
  readonly weights: readonly WeightColumn[];
}

export interface WeightColumn extends WeightedRows {
  /** The term that each weight belongs to; absent where there is one weight per term. */
  readonly termOf?: ArrayLike<number>;
}

/**
 * The estimate from an estimator's terms, or a refusal where the logs do not support it.
 * @param cluster the cluster number of each term; without it every term is its own cluster.
 * @param baseline terms of the policy that the gain is relative to, paired with `terms.values`.
 */
export function estimateFromTerms(
  estimator: string,
  { values, weights: columns }: EstimatorTerms,
  cluster: ArrayLike<number> | undefined,
  baseline: ArrayLike<number>,
  limits: SupportLimits,
): OffPolicyEstimate {
  if (values.length === 0 || columns.length === 0)
    return { kind: 'refused', estimator, reason: 'there are no rows: 0 were logged' };
  const index = cluster && clusterIndex(cluster);
  const count =
    index === undefined ? values.length : index.reduce((most, c) => Math.max(most, c + 1), 0);
  const checked = columns.map((rows) => {
    const { termOf } = rows;
    const term = (row: number) => (termOf === undefined ? row : termOf[row]);
    const of = (row: number) => (index === undefined ? term(row) : index[term(row)]);
    return { rows, clusters: { count, of }, report: weightReport(rows.raw, rows.used) };
  });
  const weights = checked
    .map(({ report }) => report)
    .reduce((worst, report) =>
      report.effectiveSampleSize < worst.effectiveSampleSize ? report : worst,
    );
  const refused = (reason: string): OffPolicyEstimate => ({
    kind: 'refused',
    estimator,
    reason,
    weights,
  });
  for (const { rows, report, clusters } of checked) {
    const problem = supportProblem(rows, report, clusters, limits);
    if (problem !== undefined) return refused(problem);
  }
  const unrewarded = rewardProblem(checked, limits);
  if (unrewarded !== undefined) return refused(unrewarded);
  const value = meanBy(values, index, count);
  const differences = values.map((term, i) => term - baseline[i]);
  const gain = meanBy(differences, index, count);
  if (value === undefined || gain === undefined)
    return refused('all rows are of one session: the variance cannot be estimated');
  if (!Number.isFinite(value.high))
    return refused(
      `the estimate is ${value.mean}: a reward or a modelled reward is not a finite number`,
    );
  if (value.low === value.high && limits.minEffectiveRewards > 0)
    return refused(`all ${value.n} terms equal ${value.mean}: the variance cannot be estimated`);
  return { kind: 'estimate', estimator, value, gain, weights };
}

/** Like `clusteredMean`, for cluster numbers that are already dense; undefined with fewer than two clusters. */
function meanBy(
  values: Float64Array,
  index: Uint32Array | undefined,
  clusters: number,
): IntervalEstimate | undefined {
  if (clusters < 2) return undefined;
  const totals = { sum: new Float64Array(clusters), n: new Float64Array(clusters) };
  for (let i = 0; i < values.length; i++) {
    const c = index === undefined ? i : index[i];
    totals.sum[c] += values[i];
    totals.n[c]++;
  }
  return studentInterval(meanOf(totals), standardErrorOfMean(totals), values.length, clusters);
}
