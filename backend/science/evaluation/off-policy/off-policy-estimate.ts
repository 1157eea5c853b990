import {
  clusterIndex,
  errorOfMean,
  estimateOf,
  meanOf,
  type Estimate,
} from '../../statistics/interval.ts';
import { evidenceProblem, rewardProblem, type Evidence, type EvidenceLimits } from './support.ts';
import { weightReport, type WeightReport } from './weight-report.ts';

/** What an off-policy estimator answers: a value with its interval, or why the logs carry none. */
export type OffPolicyEstimate =
  | {
      readonly kind: 'estimate';
      readonly estimator: string;
      /** Reward per row (per slate for slate estimators) under the evaluated policy, 95 % interval. */
      readonly value: Estimate;
      /** The value minus the baseline's on the same rows, paired. */
      readonly gain: Estimate;
      readonly weights: WeightReport;
    }
  | {
      readonly kind: 'refused';
      readonly estimator: string;
      readonly reason: string;
      readonly weights?: WeightReport;
    };

/**
 * An estimator's working: one term per row whose mean is the estimate and whose deviations from it are the
 * empirical influence function, so that their (clustered) spread gives the standard error. For ratios this is
 * the delta method.
 */
export interface Terms {
  readonly values: Float64Array;
  readonly weights: readonly TermWeights[];
}

export interface TermWeights extends Evidence {
  /** Which term each weight belongs to; absent where there is one weight per term. */
  readonly termOf?: ArrayLike<number>;
}

/**
 * @param cluster one number per term; absent: each term for itself.
 * @param baseline terms of what the gain is over, paired with `terms.values`.
 */
export function conclude(
  estimator: string,
  { values, weights: columns }: Terms,
  cluster: ArrayLike<number> | undefined,
  baseline: ArrayLike<number>,
  limits: EvidenceLimits,
): OffPolicyEstimate {
  if (values.length === 0 || columns.length === 0)
    return { kind: 'refused', estimator, reason: 'there are no rows: 0 were logged' };
  const index = cluster && clusterIndex(cluster);
  const count =
    index === undefined ? values.length : index.reduce((most, c) => Math.max(most, c + 1), 0);
  const checked = columns.map((evidence) => {
    const { termOf } = evidence;
    const term = (row: number) => (termOf === undefined ? row : termOf[row]);
    const of = (row: number) => (index === undefined ? term(row) : index[term(row)]);
    return { evidence, clusters: { count, of }, report: weightReport(evidence.raw, evidence.used) };
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
  for (const { evidence, report, clusters } of checked) {
    const problem = evidenceProblem(evidence, report, clusters, limits);
    if (problem !== undefined) return refused(problem);
  }
  const unrewarded = rewardProblem(checked, limits);
  if (unrewarded !== undefined) return refused(unrewarded);
  const value = meanBy(values, index, count);
  const over = values.map((term, i) => term - baseline[i]);
  const gain = meanBy(over, index, count);
  if (value === undefined || gain === undefined)
    return refused('all rows are of one session: no spread can be seen');
  if (!Number.isFinite(value.high))
    return refused(
      `the estimate is ${value.mean}: a reward or a modelled reward is not a finite number`,
    );
  if (value.low === value.high && limits.minEffectiveRewards > 0)
    return refused(`all ${value.n} terms equal ${value.mean}: no spread can be seen`);
  return { kind: 'estimate', estimator, value, gain, weights };
}

/** As `clusteredMean`, by dense cluster numbers that were worked out once; undefined with fewer than two clusters. */
function meanBy(
  values: Float64Array,
  index: Uint32Array | undefined,
  clusters: number,
): Estimate | undefined {
  if (clusters < 2) return undefined;
  const totals = { sum: new Float64Array(clusters), n: new Float64Array(clusters) };
  for (let i = 0; i < values.length; i++) {
    const c = index === undefined ? i : index[i];
    totals.sum[c] += values[i];
    totals.n[c]++;
  }
  return estimateOf(meanOf(totals), errorOfMean(totals), values.length, clusters);
}
