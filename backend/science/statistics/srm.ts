import { chiSquareTail } from './distributions.ts';
import { sum } from './matrix.ts';
import { type Unavailable, notEnoughData, type Unit } from './unavailable.ts';

/** Result of a test for sample ratio mismatch. */
export interface SrmCheck {
  readonly kind: 'srm';
  readonly chiSquare: number;
  readonly df: number;
  readonly pValue: number;
  /** The arms' sizes do not match their traffic, so no result of the experiment can be trusted. */
  readonly mismatch: boolean;
}

/**
 * Sample ratio mismatch: χ² test of the arms' sizes against their traffic weights (Fabijan et al., 2019). Valid for a
 * single look at a time fixed in advance; while an experiment runs, use `sequentialSrm`.
 * @param observed units per arm. @param weights traffic weight per arm, of any sum.
 * @param alpha small, because an alarm stops the experiment.
 * @throws where the two have different lengths, there are fewer than two arms, or a weight is not above 0.
 */
export function srmCheck(
  observed: readonly number[],
  weights: readonly number[],
  { alpha = 0.001, unit = 'sessions' }: { readonly alpha?: number; readonly unit?: Unit } = {},
): SrmCheck | Unavailable {
  if (observed.length !== weights.length || observed.length < 2) {
    throw new Error(
      `${observed.length} arms and ${weights.length} weights: give at least two arms with one weight each`,
    );
  }
  const wrong = weights.find((weight) => !(weight > 0));
  if (wrong !== undefined) {
    throw new Error(`an arm's traffic weight must be above 0, not ${wrong}: leave the arm out`);
  }
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
