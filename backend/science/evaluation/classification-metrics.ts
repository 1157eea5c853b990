import { groupByValue, totalPerGroup, type ValueGroups } from '../statistics/value-groups.ts';

/**
 * Classification metrics of scores or probabilities against binary labels, one each per row; a label is positive above
 * 0. Weights default to 1. A metric is undefined where it has no value (no rows, or one class only).
 */

type Rows = ArrayLike<number>;

/**
 * Area under the ROC curve: P(score of a positive > score of a negative) + ½ P(equal), with pairs weighted by the
 * product of their weights (Mann & Whitney, 1947). @returns undefined unless both classes have weight.
 */
export function auc(scores: Rows, labels: Rows, weights?: Rows): number | undefined {
  const { positive, negative } = classTotals(groupByValue(scores), labels, weights);
  let [wins, positivesBelow, negativesBelow] = [0, 0, 0];
  for (let group = 0; group < positive.length; group++) {
    wins += positive[group] * (negativesBelow + negative[group] / 2);
    positivesBelow += positive[group];
    negativesBelow += negative[group];
  }
  return positivesBelow > 0 && negativesBelow > 0
    ? wins / (positivesBelow * negativesBelow)
    : undefined;
}

/**
 * Average precision `Σₙ (Rₙ − Rₙ₋₁) Pₙ` over thresholds from the highest score down; rows of equal score enter
 * together.
 * @returns undefined without a positive.
 */
export function averagePrecision(scores: Rows, labels: Rows, weights?: Rows): number | undefined {
  const { positive, negative } = classTotals(groupByValue(scores), labels, weights);
  let [sum, positivesAbove, above] = [0, 0, 0];
  for (let group = positive.length - 1; group >= 0; group--) {
    positivesAbove += positive[group];
    above += positive[group] + negative[group];
    if (positive[group] > 0) sum += positive[group] * (positivesAbove / above);
  }
  return positivesAbove > 0 ? sum / positivesAbove : undefined;
}

const MIN_DISTANCE = 1e-15;
/** A little away from 0 and 1, so that log-odds are finite and no single wrong prediction makes the loss infinite. */
export const limitedProbability = (p: number): number =>
  Math.min(Math.max(p, MIN_DISTANCE), 1 - MIN_DISTANCE);

/** Negative log likelihood of one label, in nats. */
export function logLossOf(p: number, label: number): number {
  const limited = limitedProbability(p);
  return label > 0 ? -Math.log(limited) : -Math.log1p(-limited);
}

/** Mean of `−y log p − (1 − y) log(1 − p)`. */
export const logLoss = (p: Rows, labels: Rows, weights?: Rows): number | undefined =>
  weightedMean(labels.length, (row) => logLossOf(p[row], labels[row]), weights);

/** Mean of `(p − y)²` (Brier, 1950). */
export const brier = (p: Rows, labels: Rows, weights?: Rows): number | undefined =>
  weightedMean(labels.length, (row) => (p[row] - (labels[row] > 0 ? 1 : 0)) ** 2, weights);

/** Each undefined where its denominator is 0. */
export interface ThresholdMeasures {
  /** Share of the predicted positives that are positive. */
  readonly precision?: number;
  /** Share of the positives that are predicted positive. */
  readonly recall?: number;
  /** Harmonic mean of the two. */
  readonly f1?: number;
}

/** Precision, recall and F1 of predicting positive where `p ≥ threshold`. */
export function atThreshold(p: Rows, labels: Rows, threshold: number): ThresholdMeasures {
  let [truePositives, predicted, positives] = [0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    const isPositive = labels[row] > 0;
    if (isPositive) positives++;
    if (p[row] >= threshold) {
      predicted++;
      if (isPositive) truePositives++;
    }
  }
  return {
    ...(predicted > 0 && { precision: truePositives / predicted }),
    ...(positives > 0 && { recall: truePositives / positives }),
    ...(predicted + positives > 0 && { f1: (2 * truePositives) / (predicted + positives) }),
  };
}

/** Total weight of each class in each group of equal scores. */
export function classTotals(
  groups: ValueGroups,
  labels: Rows,
  weights?: Rows,
): { positive: Float64Array; negative: Float64Array } {
  if (labels.length !== groups.groupOf.length) {
    throw new Error(`${groups.groupOf.length} scores for ${labels.length} labels: give one each`);
  }
  const weightOf = (row: number, positive: boolean) =>
    labels[row] > 0 === positive ? (weights?.[row] ?? 1) : 0;
  return {
    positive: totalPerGroup(groups, (row) => weightOf(row, true)),
    negative: totalPerGroup(groups, (row) => weightOf(row, false)),
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
