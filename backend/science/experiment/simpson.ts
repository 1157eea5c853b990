import { normalQuantile } from '../statistics/distributions.ts';
import { effectOf } from '../statistics/effect.ts';
import { independenceTest } from '../statistics/independence.ts';
import { sum } from '../statistics/matrix.ts';
import { type Unavailable, notEnoughData, type Unit } from '../statistics/unavailable.ts';
import { type SegmentArms, secondLargest } from './segment-arms.ts';
import { addStatistics, unitsOf } from '../statistics/statistic-kinds.ts';

export interface SimpsonCheck {
  readonly kind: 'simpson';
  /**
   * Set where the arms have different shares of the segments. `reversal`: the effects within the segments have the
   * opposite sign of the pooled effect. `composition`: the pooled effect is significant only because the shares differ.
   */
  readonly flag: 'none' | 'composition' | 'reversal';
  /** Effect with all segments pooled. */
  readonly pooled: number;
  /** Effect if both arms had the same shares of the segments, with its interval. */
  readonly standardised: { readonly estimate: number; readonly low: number; readonly high: number };
  /** Share of units in segments whose effect has the pooled effect's sign. */
  readonly agreeing: number;
  /** P-value of the χ² test that arm and segment are independent; small where the arms have different shares. */
  readonly allocationP: number;
}

/** As small as for a sample ratio mismatch, because shares also differ by chance. */
const ALLOCATION_ALPHA = 0.001;
/** Share of units in segments with the opposite sign from which on it is a reversal. */
const REVERSAL_SHARE = 0.9;

/**
 * Simpson's paradox (Simpson, 1951; Blyth, 1972): the segments have different weights in the two arms. The effect is
 * directly standardised, `Σ (n_s / n) δ_s` with n_s the segment's units in both arms, and compared with the pooled
 * effect. Flagged where arm and segment are dependent (p < 0.001). It is a `reversal` where the pooled and the
 * standardised effect have opposite signs and segments with at least 90 % of the units have the sign of the
 * standardised one. It is a `composition` where the pooled interval excludes 0 and the standardised one does not, or
 * lies on the other side of 0. Segments with fewer than two units in an arm are left out of both effects.
 */
export function simpsonCheck(
  arms: readonly SegmentArms[],
  options: { readonly alpha: number; readonly minimumPerArm: number; readonly unit: Unit },
): SimpsonCheck | Unavailable {
  const { alpha, minimumPerArm, unit } = options;
  const comparable = arms.flatMap((segment) => segmentEffect(segment) ?? []);
  if (comparable.length < 2) return notEnoughData(secondLargest(arms), 2, unit);
  const pooledArm = (arm: 'control' | 'treatment') =>
    comparable.map(({ segment }) => segment[arm]).reduce((one, other) => addStatistics(one, other));
  const pooled = effectOf(pooledArm('control'), pooledArm('treatment'), { minimumPerArm, unit });
  if (pooled.kind === 'no-answer') return pooled;

  const total = sum(comparable.flatMap(({ units }) => units));
  const share = comparable.map(({ units }) => sum(units) / total);
  const estimate = sum(comparable.map((one, i) => share[i] * one.estimate));
  const error = Math.sqrt(sum(comparable.map(({ variance }, i) => share[i] ** 2 * variance)));
  const critical = -normalQuantile(alpha / 2);
  const [low, high] = [estimate - critical * error, estimate + critical * error];
  const shareWithSign = (sign: number) =>
    sum(comparable.map((one, i) => (Math.sign(one.estimate) === sign ? share[i] : 0)));
  const [pooledSign, standardisedSign] = [Math.sign(pooled.estimate), Math.sign(estimate)];
  const allocationP = independenceTest(comparable.map(({ units }) => units)).pValue;
  const isUneven = allocationP < ALLOCATION_ALPHA;
  const isReversed =
    isUneven &&
    pooledSign * standardisedSign < 0 &&
    shareWithSign(standardisedSign) >= REVERSAL_SHARE;
  const isSignificant = Math.abs(pooled.estimate) > critical * pooled.standardError;
  const isConfirmed = pooledSign > 0 ? low > 0 : high < 0;
  const isComposed = isUneven && isSignificant && !isConfirmed;
  return {
    kind: 'simpson',
    flag: isReversed ? 'reversal' : isComposed ? 'composition' : 'none',
    pooled: pooled.estimate,
    standardised: { estimate, low, high },
    agreeing: shareWithSign(pooledSign),
    allocationP,
  };
}

/**
 * Effect and its variance in one segment: 0 where all units have the same value, undefined where it cannot be
 * estimated.
 */
function segmentEffect(segment: SegmentArms) {
  const { control, treatment } = segment;
  const units = [unitsOf(control), unitsOf(treatment)];
  const effect = effectOf(control, treatment, { minimumPerArm: 2 });
  if (effect.kind === 'effect') {
    return { segment, units, estimate: effect.estimate, variance: effect.standardError ** 2 };
  }
  return effect.reason === 'no-spread' ? { segment, units, estimate: 0, variance: 0 } : undefined;
}
