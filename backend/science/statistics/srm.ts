import { chiSquareTail } from './distributions.ts';
import { type NoAnswer, notEnoughData, type Unit } from './unavailable.ts';

export interface SrmCheck {
  readonly kind: 'srm';
  readonly chiSquare: number;
  readonly df: number;
  readonly pValue: number;
  /** The arms' sizes do not fit the traffic they were given: trust no result of this experiment. */
  readonly mismatch: boolean;
}

/**
 * Sample ratio mismatch: χ² of the arms' sizes against their traffic weights (Fabijan et al., 2019), of one look at a time
 * fixed beforehand; while an experiment runs, `sequentialSrm`.
 * @param observed units per arm. @param weights traffic per arm, of any sum.
 * @param alpha small, as its alarm stops the experiment.
 */
export function srmCheck(
  observed: readonly number[],
  weights: readonly number[],
  { alpha = 0.001, unit = 'sessions' }: { readonly alpha?: number; readonly unit?: Unit } = {},
): SrmCheck | NoAnswer {
  if (observed.length !== weights.length || observed.length < 2) {
    throw new Error(
      `${observed.length} arms beside ${weights.length} weights: give at least two arms, a weight each`,
    );
  }
  const wrong = weights.find((weight) => !(weight > 0));
  if (wrong !== undefined) {
    throw new Error(`an arm's traffic weight must be above 0, not ${wrong}: leave the arm out`);
  }
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const [total, totalWeight] = [sum(observed), sum(weights)];
  if (total === 0) return notEnoughData(0, 1, unit);
  const chiSquare = observed.reduce((chi, count, arm) => {
    const expected = (weights[arm] / totalWeight) * total;
    return chi + (count - expected) ** 2 / expected;
  }, 0);
  const df = observed.length - 1;
  const pValue = chiSquareTail(chiSquare, df);
  return { kind: 'srm', chiSquare, df, pValue, mismatch: pValue < alpha };
}
