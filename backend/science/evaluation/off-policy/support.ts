import { effectiveSampleSize, type WeightReport } from './weight-report.ts';

/** The support that logs must give for an estimate; otherwise it is refused. */
export interface SupportLimits {
  /** Independent clusters: sessions or users where they are known, otherwise rows. */
  readonly minClusters: number;
  /** Effective sample size of the raw weights, both over rows and over clusters. */
  readonly minEffectiveSampleSize: number;
  /** Largest weight as used. */
  readonly maxWeight: number;
  /** Effective number of rewarded clusters, `(Σ |w r|)² / Σ (w r)²` over the clusters. */
  readonly minEffectiveRewards: number;
  /** Largest deviation of the mean weight from 1, where that is more than 5 standard errors. */
  readonly meanWeightSlack: number;
  /** Largest share of the weight that clipping may remove where no reward model replaces it. */
  readonly maxCutOff: number;
  /**
   * With fewer effective rewarded clusters, or a smaller effective sample, the mean is not yet normally distributed, and
   * intervals are those of `small-sample-interval.ts`.
   */
  readonly minNormal: { readonly rewards: number; readonly sample: number };
}

export const SUPPORT_LIMITS: SupportLimits = {
  minClusters: 100,
  minEffectiveSampleSize: 50,
  maxWeight: 1000,
  minEffectiveRewards: 10,
  meanWeightSlack: 0.1,
  maxCutOff: 0.1,
  minNormal: { rewards: 60, sample: 100 },
};

/** No limits, for comparisons with other tools; not for decisions. */
export const NO_LIMITS: SupportLimits = {
  minClusters: 2,
  minEffectiveSampleSize: 0,
  maxWeight: Number.POSITIVE_INFINITY,
  minEffectiveRewards: 0,
  meanWeightSlack: Number.POSITIVE_INFINITY,
  maxCutOff: 1,
  minNormal: { rewards: 0, sample: 0 },
};

/**
 * Why the probabilities are invalid; undefined where they are valid.
 * @param pscore logging policy.
 * @param evaluation evaluated policy.
 */
export function propensityProblem(
  pscore: ArrayLike<number>,
  evaluation: ArrayLike<number>,
): string | undefined {
  let [bad, first] = [0, -1];
  for (let row = 0; row < pscore.length; row++) {
    if (pscore[row] > 0 && pscore[row] <= 1 + ROUNDING) continue;
    if (bad++ === 0) first = row;
  }
  if (bad > 0) {
    return `${bad} of ${pscore.length} logged propensities are missing or not in (0, 1], the first at row ${first}: ${pscore[first]}`;
  }
  for (let row = 0; row < evaluation.length; row++) {
    if (!(evaluation[row] >= 0 && evaluation[row] <= 1 + ROUNDING))
      return `the evaluated policy's probability at row ${row} is ${evaluation[row]}, not in [0, 1]`;
  }
  return undefined;
}

/** Probabilities are computed again from logged scores, so that they differ by rounding. */
const ROUNDING = 1e-9;

/** Whether both policies give every logged action the same probability. */
export function isLoggingPolicy(pscore: ArrayLike<number>, evaluation: ArrayLike<number>): boolean {
  for (let row = 0; row < pscore.length; row++)
    if (Math.abs(evaluation[row] / pscore[row] - 1) > ROUNDING) return false;
  return true;
}

/** Rows with their importance weights and rewards. */
export interface WeightedRows {
  /** Names the weights in a refusal, such as `slot 3`; empty where there is one weight per row. */
  readonly about: string;
  /** Importance weights π_e / π_b. */
  readonly raw: Float64Array;
  /** The weights as used, after clipping, switching or shrinking. */
  readonly used: Float64Array;
  readonly reward: ArrayLike<number>;
  /** A reward model replaces the weight that was removed. */
  readonly modelBacked: boolean;
}

/** The cluster of each row, numbered from 0 to `count` − 1. */
export interface RowClusters {
  readonly count: number;
  readonly of: (row: number) => number;
}

/** Why the logs do not support an estimate, with the figures; undefined where they do. */
export function supportProblem(
  { about, raw, modelBacked }: WeightedRows,
  report: WeightReport,
  clusters: RowClusters,
  limits: SupportLimits,
): string | undefined {
  const at = about === '' ? '' : `${about}: `;
  const weights = clusterSums(raw.length, clusters, (row) => raw[row]);
  const rowsIn = clusterSums(raw.length, clusters, () => 1);
  const present = rowsIn.reduce((count, rows) => count + Math.min(rows, 1), 0);
  if (present < limits.minClusters)
    return `${at}${present} independent rows or sessions, ${limits.minClusters} are needed`;
  if (report.max === 0 && limits.minEffectiveSampleSize > 0)
    return `${at}no overlap: the evaluated policy never does what was logged in ${raw.length} rows`;
  const size = Math.min(report.effectiveSampleSize, effectiveSampleSize(weights));
  if (size < limits.minEffectiveSampleSize) {
    return `${at}effective sample size ${shown(size)} of ${raw.length} rows, ${limits.minEffectiveSampleSize} are needed (largest weight ${shown(report.max)})`;
  }
  if (report.maxUsed > limits.maxWeight)
    return `${at}largest weight ${shown(report.maxUsed)} of ${raw.length} rows, at most ${limits.maxWeight} is allowed`;
  const squares = weights.reduce(
    (sum, weight, c) => sum + (weight - report.mean * rowsIn[c]) ** 2,
    0,
  );
  const error = Math.sqrt(squares) / raw.length;
  if (Math.abs(report.mean - 1) > Math.max(limits.meanWeightSlack, 5 * error)) {
    return `${at}the weights average ${shown(report.mean)} where 1 ± ${shown(error)} is expected: the evaluated policy does what the logs never show, or the propensities are wrong`;
  }
  if (!modelBacked && report.shareCutOff > limits.maxCutOff) {
    return `${at}clipping takes away ${shown(100 * report.shareCutOff)} % of the weight, at most ${100 * limits.maxCutOff} % is allowed`;
  }
  return undefined;
}

function clusterSums(
  rows: number,
  { count, of }: RowClusters,
  value: (row: number) => number,
): Float64Array {
  const sums = new Float64Array(count);
  for (let row = 0; row < rows; row++) sums[of(row)] += value(row);
  return sums;
}

/** Rewarded clusters of an estimate. */
export interface RewardedClusters {
  readonly count: number;
  /** `(Σ |w r|)² / Σ (w r)²` over the clusters. */
  readonly effective: number;
}

export function rewardedClusters(
  columns: readonly { rows: WeightedRows; clusters: RowClusters }[],
): RewardedClusters {
  const earned = new Float64Array(columns[0].clusters.count);
  for (const { rows, clusters } of columns) {
    const { raw, reward } = rows;
    clusterSums(raw.length, clusters, (row) => Math.abs(raw[row] * reward[row])).forEach(
      (value, c) => (earned[c] += value),
    );
  }
  return {
    count: earned.filter((value) => value > 0).length,
    effective: effectiveSampleSize(earned),
  };
}

/** Why there are too few rewarded clusters for an estimate; undefined where there are enough. */
export const rewardProblem = (
  { count, effective }: RewardedClusters,
  { minEffectiveRewards }: SupportLimits,
): string | undefined =>
  effective < minEffectiveRewards
    ? `${count} rewarded rows or sessions count as ${shown(effective)} once weighted, ${minEffectiveRewards} are needed`
    : undefined;

const shown = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
