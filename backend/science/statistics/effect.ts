import { kindOf, unitsOf } from './statistic-kinds.ts';
import type { ArmMoments, Moments, StatisticKind } from './statistic-kind.ts';
import {
  leakingCovariate,
  MINIMUM_PER_ARM,
  noDenominator,
  noSpread,
  type Unavailable,
  notEnoughData,
  type Unit,
  constantArms,
  zeroBaseline,
} from './unavailable.ts';
import type { Statistic } from './statistics.ts';
import { type LiftVariance, ownVariance, varianceUnder } from './variance-under.ts';

export type Difference = 'absolute' | 'relative';

/** An estimate with its standard error: all that tests, intervals and posteriors need. */
export interface PointEstimate {
  readonly estimate: number;
  readonly standardError: number;
  /** Welch–Satterthwaite degrees of freedom. */
  readonly df: number;
  /** Units of both arms, by which always-valid tests measure how far the experiment has come. */
  readonly n: number;
}

/** Estimated effect of the treatment against the control on one metric. */
export interface Effect extends PointEstimate {
  readonly kind: 'effect';
  readonly difference: Difference;
  /** `t̄ − c̄`; a relative one is divided by `|c̄|`. */
  readonly estimate: number;
  /** Unadjusted mean of the control, by which a relative difference is divided. */
  readonly base: number;
  readonly control: ArmMoments;
  readonly treatment: ArmMoments;
}

/** The effect of one pair of arms; combined strata have no ratio of two means. */
export interface ArmEffect extends Effect {
  readonly ratio: MeanRatio;
}

/** The parts of `t̄ − L c̄`, whose expectation is 0 where L is the true lift. */
export interface MeanRatio {
  /** t̄; with CUPED the control's unadjusted mean plus the adjusted difference. */
  readonly mean: number;
  /** Variance of `t̄ − L c̄`, with each arm's own variance. */
  readonly own: LiftVariance;
  /** The metric is a share of units: no lift lies below 0. */
  readonly isNonNegative: boolean;
}

export interface EffectOptions {
  readonly difference?: Difference;
  readonly minimumPerArm?: number;
  readonly unit?: Unit;
  /**
   * The difference under the null hypothesis (0, or a guardrail's margin). The standard error is then taken under that
   * null hypothesis instead of at the estimate (Fieller, 1954; `varianceUnder`): an arm that by chance has few
   * occurrences of a rare value has both a small mean and a small estimated variance, so that its own error would be too
   * small. Of an absolute difference only "any" matters, because without a baseline it says nothing of the variance.
   */
  readonly hypothesis?: number;
}

/**
 * Effect of the treatment on one metric. A relative effect has its variance from the delta method on `t̄/c̄`,
 * `σ_t²/(n_t c̄²) + σ_c² t̄²/(n_c c̄⁴)` (Deng, Knoblich & Lu, 2018). CUPED adjusts both arms by the same θ; a relative
 * effect is still divided by the unadjusted control mean.
 * @returns the reason where there is too little data, no variance, or nothing to divide by.
 * @throws where the arms' statistics are of different kinds.
 */
export function effectOf<S extends Statistic>(
  control: S,
  treatment: S,
  {
    difference = 'absolute',
    minimumPerArm = MINIMUM_PER_ARM,
    unit = 'sessions',
    hypothesis,
  }: EffectOptions = {},
): ArmEffect | Unavailable {
  if (control.kind !== treatment.kind)
    throw new Error(
      `a ${control.kind} and a ${treatment.kind} cannot be compared: count the metric one way in all arms`,
    );
  const kind = kindOf(control);
  const theta = kind.theta([control, treatment]);
  const [nc, nt] = [unitsOf(control), unitsOf(treatment)];
  const fewest = Math.min(nc, nt);
  const needed = Math.max(2, minimumPerArm);
  if (fewest < needed) return notEnoughData(fewest, needed, unit);
  if (!kind.isDefined(control)) return noDenominator('control');
  if (!kind.isDefined(treatment)) return noDenominator('treatment');

  if (leavesNothing(kind, [control, treatment], theta)) return leakingCovariate();
  const [c, t] = [kind.moments(control, theta), kind.moments(treatment, theta)];
  const [errorC, errorT] = [c.variance / nc, t.variance / nt];
  const absolute = errorC + errorT;
  // Where every value is the same, the sums of squares leave a rounding error instead of a variance of 0.
  const rounding = 1e-14 * (c.mean * c.mean + t.mean * t.mean);
  const gap = t.mean - c.mean;
  if (c.variance <= rounding && t.variance <= rounding)
    return gap * gap <= rounding ? noSpread() : constantArms(c.mean, t.mean);
  const base = kind.moments(control, 0).mean;
  const arms = { control: { n: nc, ...c }, treatment: { n: nt, ...t } };
  const own = ownVariance(
    arms,
    liftVariance((lift) => kind.liftedVariance(control, theta, lift)),
  );
  const shared = {
    kind: 'effect',
    difference,
    df: (absolute * absolute) / ((errorC * errorC) / (nc - 1) + (errorT * errorT) / (nt - 1)),
    n: nc + nt,
    base,
    ...arms,
    ratio: { mean: base + gap, own, isNonNegative: control.kind === 'proportion' },
  } as const;
  if (difference === 'absolute') {
    const variance = hypothesis === undefined ? absolute : varianceUnder(arms, own, 1);
    return { ...shared, estimate: gap, standardError: Math.sqrt(variance) };
  }
  if (base === 0) return zeroBaseline();
  const variance =
    hypothesis === undefined
      ? errorT + kind.liftedVariance(control, theta, kind.lift(control, treatment, theta)) / nc
      : varianceUnder(arms, own, 1 + hypothesis * Math.sign(base));
  return {
    ...shared,
    estimate: gap / Math.abs(base),
    standardError: Math.sqrt(variance) / Math.abs(base),
  };
}

/** A polynomial of degree two from its values at −1, 0 and 1. */
function liftVariance(at: (lift: number) => number): LiftVariance {
  const [below, constant, above] = [at(-1), at(0), at(1)];
  return {
    constant,
    linear: (above - below) / 2,
    square: (above + below) / 2 - constant,
  };
}

/**
 * Whether the value from before explains all of the variance but a rounding error. Such an effect would have a standard
 * error of 0 and be significant whatever it is; nobody's earlier behaviour foretells the later to one part in a million.
 * @param theta CUPED coefficient of all arms together.
 */
export function leavesNothing<S extends Statistic>(
  kind: StatisticKind<S>,
  arms: readonly S[],
  theta: number,
): boolean {
  if (theta === 0) return false;
  const varianceAt = (coefficient: number) =>
    arms.reduce((sum, arm) => sum + unitsOf(arm) * kind.moments(arm, coefficient).variance, 0);
  return varianceAt(theta) <= 1e-6 * varianceAt(0);
}

/** Mean and variance per unit of one arm. @param theta CUPED coefficient; 0 leaves the metric unadjusted. */
export const momentsOf = (statistic: Statistic, theta = 0): Moments =>
  kindOf(statistic).moments(statistic, theta);
