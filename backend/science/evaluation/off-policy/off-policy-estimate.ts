import {
  clusterIndex,
  standardErrorOfMean,
  studentInterval,
  meanOf,
  type IntervalEstimate,
} from '../../statistics/interval.ts';
import type { UnseenTerm } from './ips.ts';
import { smallSampleGain, smallSampleValue, type Ends } from './small-sample-interval.ts';
import {
  rewardedClusters,
  rewardProblem,
  supportProblem,
  type SupportLimits,
  type WeightedRows,
} from './support.ts';
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
      /**
       * Rewards are rare or the effective sample is small, so that the intervals are those of
       * `small-sample-interval.ts`. Absent in reports from before there were any.
       */
      readonly smallSample?: boolean;
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
export interface EstimatorTerms extends UnseenTerm {
  readonly values: Float64Array;
  /** The logged reward of each term. */
  readonly reward: ArrayLike<number>;
  readonly weights: readonly WeightColumn[];
  /** See `RowTerms`. */
  readonly replaced?: number;
  /** The evaluated policy does what the logging policy did, everywhere. */
  readonly isLoggingPolicy: boolean;
}

/** Terms that the gain is over: the logged rewards, or those of another policy. */
export interface EstimatorBaseline {
  readonly values: ArrayLike<number>;
  /** Its weights as used; absent where it is what served. */
  readonly used?: Float64Array;
  readonly weights?: readonly WeightColumn[];
  readonly replaced?: number;
}

export interface WeightColumn extends WeightedRows {
  /** The term that each weight belongs to; absent where there is one weight per term. */
  readonly termOf?: ArrayLike<number>;
}

/**
 * The estimate from an estimator's terms, or a refusal where the logs do not support it. A policy that is the logging
 * policy gains exactly 0 over what served, whatever a reward model says.
 * @param cluster the cluster number of each term; without it every term is its own cluster.
 * @param baseline terms of the policy that the gain is relative to, paired with `terms.values`.
 */
export function estimateFromTerms(
  estimator: string,
  terms: EstimatorTerms,
  cluster: ArrayLike<number> | undefined,
  baseline: EstimatorBaseline,
  limits: SupportLimits,
): OffPolicyEstimate {
  const { values, weights: columns } = terms;
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
  const rewarded = rewardedClusters(checked);
  const unrewarded = rewardProblem(rewarded, limits);
  if (unrewarded !== undefined) return refused(unrewarded);
  const value = meanBy(values, index, count);
  const gains = values.map((term, i) => term - baseline.values[i]);
  const gain = meanBy(gains, index, count);
  if (value === undefined || gain === undefined)
    return refused('all rows are of one session: the variance cannot be estimated');
  if (!Number.isFinite(value.high))
    return refused(
      `the estimate is ${value.mean}: a reward or a modelled reward is not a finite number`,
    );
  const { replaced = 0 } = terms;
  const { minNormal } = limits;
  const smallSample =
    rewarded.effective < minNormal.rewards || weights.effectiveSampleSize < minNormal.sample;
  const found = smallSample
    ? ofSmallSample({ value, gain }, terms, index, baseline, rewarded.effective)
    : { value, gain };
  if (found.value.low === found.value.high && limits.minEffectiveRewards > 0)
    return refused(`all ${value.n} terms equal ${value.mean}: the variance cannot be estimated`);
  const none = { ...gain, mean: 0, low: 0, high: 0 };
  return {
    kind: 'estimate',
    estimator,
    value: toward(found.value, -replaced),
    gain:
      terms.isLoggingPolicy && isWhatServed(baseline)
        ? none
        : toward(found.gain, (baseline.replaced ?? 0) - replaced),
    weights,
    smallSample,
  };
}

/** The interval, widened on one side to where the same interval would lie without what a model has replaced. */
const toward = (interval: IntervalEstimate, shift: number): IntervalEstimate => ({
  ...interval,
  low: interval.low + Math.min(0, shift),
  high: interval.high + Math.max(0, shift),
});

const isWhatServed = ({ used, weights }: EstimatorBaseline): boolean =>
  used === undefined && weights === undefined;

/** Both intervals where rewards are rare or the sample is small; each holds its estimate. */
function ofSmallSample(
  { value, gain }: { readonly value: IntervalEstimate; readonly gain: IntervalEstimate },
  { values, reward, weights: columns, offset, centre }: EstimatorTerms,
  cluster: Uint32Array | undefined,
  baseline: EstimatorBaseline,
  rewards: number,
) {
  const [{ raw, termOf }] = columns;
  const weights = new Float64Array(values.length).fill(1);
  raw.forEach((weight, row) => (weights[termOf === undefined ? row : termOf[row]] = weight));
  const largest = (all: readonly Float64Array[]) =>
    all.reduce((most, one) => one.reduce((a, b) => Math.max(a, b), most), 0);
  const sample = {
    values,
    weights,
    maxWeight: largest(columns.map((column) => column.used)),
    reward,
    offset,
    centre,
    ...(cluster && { cluster }),
  };
  const used = baseline.used ? [baseline.used] : baseline.weights?.map((column) => column.used);
  const holding = (estimate: IntervalEstimate, { low, high }: Ends): IntervalEstimate => ({
    ...estimate,
    low: Math.min(low, estimate.mean),
    high: Math.max(high, estimate.mean),
  });
  return {
    value: holding(value, smallSampleValue(sample, rewards)),
    gain: holding(gain, smallSampleGain(sample, baseline.values, used ? [0, largest(used)] : [1])),
  };
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
