import { effectiveSampleSize, type WeightReport } from './weight-report.ts';

/** What logs must hold for an estimate to be given; below it the answer is a refusal. */
export interface EvidenceLimits {
  /** Independent units: sessions or users where they are known, else rows. */
  readonly minClusters: number;
  /** Of the raw weights, per row and per cluster. */
  readonly minEffectiveSampleSize: number;
  /** Of the weights as used. */
  readonly maxWeight: number;
  /** Effective number of rewarded units: `(Σ |w r|)² / Σ (w r)²` over the clusters. */
  readonly minEffectiveRewards: number;
  /** The mean weight may miss 1 by this much, or by chance (5 standard errors), whichever is more. */
  readonly meanWeightSlack: number;
  /** Share of the weight that clipping may take away where no model stands in for it. */
  readonly maxCutOff: number;
}

export const EVIDENCE_LIMITS: EvidenceLimits = {
  minClusters: 100,
  minEffectiveSampleSize: 50,
  maxWeight: 1000,
  minEffectiveRewards: 10,
  meanWeightSlack: 0.1,
  maxCutOff: 0.1,
};

/** Accepts whatever the formula gives: for comparing with other tools, never for deciding. */
export const NO_LIMITS: EvidenceLimits = {
  minClusters: 2,
  minEffectiveSampleSize: 0,
  maxWeight: Number.POSITIVE_INFINITY,
  minEffectiveRewards: 0,
  meanWeightSlack: Number.POSITIVE_INFINITY,
  maxCutOff: 1,
};

/** Why these are no probabilities to divide by; undefined when they are. */
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

const ROUNDING = 1e-9;

/** One importance weight per row, and what hangs on it. */
export interface Evidence {
  /** Names the weights in the reason: `slot 3`; empty where there is one weight per row. */
  readonly about: string;
  readonly raw: Float64Array;
  readonly used: Float64Array;
  readonly reward: ArrayLike<number>;
  /** A reward model stands in for the weight that was cut off. */
  readonly modelBacked: boolean;
}

/** Which cluster each row of the evidence is of: dense numbers under `count`. */
export interface RowClusters {
  readonly count: number;
  readonly of: (row: number) => number;
}

/** Why the logs cannot carry an estimate, naming the figures; undefined when they can. */
export function evidenceProblem(
  { about, raw, modelBacked }: Evidence,
  report: WeightReport,
  clusters: RowClusters,
  limits: EvidenceLimits,
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

/** Why too few rewarded clusters stand behind an estimate; undefined when they are enough. */
export function rewardProblem(
  columns: readonly { evidence: Evidence; clusters: RowClusters }[],
  { minEffectiveRewards }: EvidenceLimits,
): string | undefined {
  const earned = new Float64Array(columns[0].clusters.count);
  for (const { evidence, clusters } of columns) {
    const { raw, reward } = evidence;
    clusterSums(raw.length, clusters, (row) => Math.abs(raw[row] * reward[row])).forEach(
      (value, c) => (earned[c] += value),
    );
  }
  const rewards = effectiveSampleSize(earned);
  return rewards < minEffectiveRewards
    ? `${earned.filter((value) => value > 0).length} rewarded rows or sessions count as ${shown(rewards)} once weighted, ${minEffectiveRewards} are needed`
    : undefined;
}

const shown = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
