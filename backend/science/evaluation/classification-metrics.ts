import { groupByValue, totalPerGroup, type ValueGroups } from '../statistics/value-groups.ts';

/**
 * Measures of scores or probabilities against yes/no labels, one each per row; a label counts as yes above 0.
 * Weights default to 1. Where a measure has no value (no rows, one class only) the answer is undefined.
 */

type Rows = ArrayLike<number>;

/**
 * Area under the ROC curve: P(score of a yes > score of a no) + ½ P(equal), pairs weighted by the product of their
 * weights (Mann & Whitney, 1947). @returns undefined unless both classes have weight.
 */
export function auc(scores: Rows, labels: Rows, weights?: Rows): number | undefined {
  const { yes, no } = classTotals(groupByValue(scores), labels, weights);
  let [wins, yesBelow, noBelow] = [0, 0, 0];
  for (let group = 0; group < yes.length; group++) {
    wins += yes[group] * (noBelow + no[group] / 2);
    yesBelow += yes[group];
    noBelow += no[group];
  }
  return yesBelow > 0 && noBelow > 0 ? wins / (yesBelow * noBelow) : undefined;
}

/**
 * `Σₙ (Rₙ − Rₙ₋₁) Pₙ` over thresholds from the highest score down, rows of equal score entering together.
 * @returns undefined without a yes.
 */
export function averagePrecision(scores: Rows, labels: Rows, weights?: Rows): number | undefined {
  const { yes, no } = classTotals(groupByValue(scores), labels, weights);
  let [sum, yesAbove, above] = [0, 0, 0];
  for (let group = yes.length - 1; group >= 0; group--) {
    yesAbove += yes[group];
    above += yes[group] + no[group];
    if (yes[group] > 0) sum += yes[group] * (yesAbove / above);
  }
  return yesAbove > 0 ? sum / yesAbove : undefined;
}

/** Probabilities are kept this far from 0 and 1, so that one sure error does not make the loss infinite. */
const NEAREST = 1e-15;

/** −log likelihood of one label in nats. */
export function logLossOf(p: number, label: number): number {
  const kept = Math.min(Math.max(p, NEAREST), 1 - NEAREST);
  return label > 0 ? -Math.log(kept) : -Math.log1p(-kept);
}

/** Mean of `−y log p − (1 − y) log(1 − p)`. */
export const logLoss = (p: Rows, labels: Rows, weights?: Rows): number | undefined =>
  weightedMean(labels.length, (row) => logLossOf(p[row], labels[row]), weights);

/** Mean of `(p − y)²` (Brier, 1950). */
export const brier = (p: Rows, labels: Rows, weights?: Rows): number | undefined =>
  weightedMean(labels.length, (row) => (p[row] - (labels[row] > 0 ? 1 : 0)) ** 2, weights);

/** Each undefined where its denominator is 0. */
export interface ThresholdMeasures {
  /** Right among those called yes. */
  readonly precision?: number;
  /** Called yes among those that are. */
  readonly recall?: number;
  /** Harmonic mean of the two. */
  readonly f1?: number;
}

/** What calling yes at `p ≥ threshold` gets right. */
export function atThreshold(p: Rows, labels: Rows, threshold: number): ThresholdMeasures {
  let [right, called, are] = [0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    const yes = labels[row] > 0;
    if (yes) are++;
    if (p[row] >= threshold) {
      called++;
      if (yes) right++;
    }
  }
  return {
    ...(called > 0 && { precision: right / called }),
    ...(are > 0 && { recall: right / are }),
    ...(called + are > 0 && { f1: (2 * right) / (called + are) }),
  };
}

/** Weight of each class in each group of equal scores. */
export function classTotals(
  groups: ValueGroups,
  labels: Rows,
  weights?: Rows,
): { yes: Float64Array; no: Float64Array } {
  if (labels.length !== groups.groupOf.length) {
    throw new Error(`${groups.groupOf.length} scores for ${labels.length} labels: give one each`);
  }
  const weightOf = (row: number, yes: boolean) =>
    labels[row] > 0 === yes ? (weights?.[row] ?? 1) : 0;
  return {
    yes: totalPerGroup(groups, (row) => weightOf(row, true)),
    no: totalPerGroup(groups, (row) => weightOf(row, false)),
  };
}

function weightedMean(
  rows: number,
  value: (row: number) => number,
  weights?: Rows,
): number | undefined {
  let [sum, mass] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const weight = weights?.[row] ?? 1;
    sum += weight * value(row);
    mass += weight;
  }
  return mass > 0 ? sum / mass : undefined;
}
