import { normalQuantile } from '../statistics/distributions.ts';
import { effectOf } from '../statistics/effect.ts';
import { independenceTest } from '../statistics/independence.ts';
import { type NoAnswer, notEnoughData, type Unit } from '../statistics/unavailable.ts';
import { type SegmentArms, secondLargest } from './segment-arms.ts';
import { addStatistics, unitsOf } from '../statistics/kinds/index.ts';

export interface SimpsonCheck {
  readonly kind: 'simpson';
  /**
   * The arms hold different shares of the segments, and `reversal`: the segments' effects point the other way than the
   * whole's; `composition`: the whole's effect is told apart from 0 by that alone.
   */
  readonly flag: 'none' | 'composition' | 'reversal';
  /** Effect of the arms as they are. */
  readonly pooled: number;
  /** Effect where both arms had the segments' shares of all units, with its interval. */
  readonly standardised: { readonly estimate: number; readonly low: number; readonly high: number };
  /** Share of units in segments whose effect has the pooled effect's sign. */
  readonly agreeing: number;
  /** χ² of independence of arm and segment: small where the arms are composed differently. */
  readonly allocationP: number;
}

/** Arms of one draw differ in composition by chance alone: as small as for a sample ratio mismatch. */
const ALLOCATION_ALPHA = 0.001;
/** "Nearly all" units in segments that point the other way. */
const NEARLY_ALL = 0.9;

/**
 * Simpson's paradox (Simpson, 1951; Blyth, 1972): segments weighed differently in the two arms. The effect is directly
 * standardised, `Σ (n_s / n) δ_s`, n_s the segment's units in both arms, and compared with the pooled one.
 * Flagged where arm and segment depend on each other (p < 0.001) and, for a `reversal`, pooled and standardised differ in
 * sign and segments with nearly all (≥ 90 %) of the units have the standardised effect's sign; for a `composition`, the
 * pooled interval excludes 0 while the standardised one does not, or lies on its other side.
 * Segments with fewer than two units in an arm are left out of both.
 */
export function simpsonCheck(
  arms: readonly SegmentArms[],
  how: { readonly alpha: number; readonly minimumPerArm: number; readonly unit: Unit },
): SimpsonCheck | NoAnswer {
  const { alpha, minimumPerArm, unit } = how;
  const told = arms.flatMap((segment) => gapOf(segment) ?? []);
  if (told.length < 2) return notEnoughData(secondLargest(arms), 2, unit);
  const whole = (arm: 'control' | 'treatment') =>
    told.map(({ segment }) => segment[arm]).reduce((one, other) => addStatistics(one, other));
  const pooled = effectOf(whole('control'), whole('treatment'), { minimumPerArm, unit });
  if (pooled.kind === 'no-answer') return pooled;

  const total = sum(told.flatMap(({ units }) => units));
  const share = told.map(({ units }) => sum(units) / total);
  const estimate = sum(told.map(({ gap }, i) => share[i] * gap));
  const error = Math.sqrt(sum(told.map(({ variance }, i) => share[i] ** 2 * variance)));
  const reach = -normalQuantile(alpha / 2);
  const [low, high] = [estimate - reach * error, estimate + reach * error];
  const shareWithSign = (sign: number) =>
    sum(told.map(({ gap }, i) => (Math.sign(gap) === sign ? share[i] : 0)));
  const [sign, turned] = [Math.sign(pooled.estimate), Math.sign(estimate)];
  const allocationP = independenceTest(told.map(({ units }) => units)).pValue;
  const isUneven = allocationP < ALLOCATION_ALPHA;
  const isReversed = isUneven && sign * turned < 0 && shareWithSign(turned) >= NEARLY_ALL;
  const isTold = Math.abs(pooled.estimate) > reach * pooled.standardError;
  const isKept = sign > 0 ? low > 0 : high < 0;
  const isComposed = isUneven && isTold && !isKept;
  return {
    kind: 'simpson',
    flag: isReversed ? 'reversal' : isComposed ? 'composition' : 'none',
    pooled: pooled.estimate,
    standardised: { estimate, low, high },
    agreeing: shareWithSign(sign),
    allocationP,
  };
}

/** Where every unit is alike, the effect has no error; where it cannot be told, the segment is left out. */
function gapOf(segment: SegmentArms) {
  const { control, treatment } = segment;
  const units = [unitsOf(control), unitsOf(treatment)];
  const effect = effectOf(control, treatment, { minimumPerArm: 2 });
  if (effect.kind === 'effect') {
    return { segment, units, gap: effect.estimate, variance: effect.standardError ** 2 };
  }
  return effect.reason === 'no-spread' ? { segment, units, gap: 0, variance: 0 } : undefined;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
