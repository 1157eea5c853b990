import { kindOf, unitsOf } from './statistic-kinds.ts';
import type { Moments, StatisticKind } from './statistic-kind.ts';
import {
  leakingCovariate,
  MINIMUM_PER_ARM,
  noDenominator,
  noSpread,
  type Unavailable,
  notEnoughData,
  type Unit,
  zeroBaseline,
} from './unavailable.ts';
import type { Statistic } from './statistics.ts';

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

export interface ArmMoments extends Moments {
  readonly n: number;
}

export interface EffectOptions {
  readonly difference?: Difference;
  readonly minimumPerArm?: number;
  readonly unit?: Unit;
  /**
   * The relative difference under the null hypothesis (a guardrail's margin). The standard error is then taken under
   * that null hypothesis instead of at the estimate (Fieller, 1954): an arm that by chance has few occurrences of a
   * rare value has both a small mean and a small estimated variance, so that its own error would be too small.
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
): Effect | Unavailable {
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
  if (c.variance <= rounding && t.variance <= rounding) return noSpread();
  const base = kind.moments(control, 0).mean;
  const shared = {
    kind: 'effect',
    difference,
    df: (absolute * absolute) / ((errorC * errorC) / (nc - 1) + (errorT * errorT) / (nt - 1)),
    n: nc + nt,
    base,
    control: { n: nc, ...c },
    treatment: { n: nt, ...t },
  } as const;
  const gap = t.mean - c.mean;
  if (difference === 'absolute') {
    return { ...shared, estimate: gap, standardError: Math.sqrt(absolute) };
  }
  if (base === 0) return zeroBaseline();
  const lift =
    hypothesis === undefined
      ? kind.lift(control, treatment, theta)
      : 1 + hypothesis * Math.sign(base);
  const controlVariance = kind.liftedVariance(control, theta, lift);
  const unpooled = errorT + controlVariance / nc;
  // Under the null hypothesis both arms have the same variance per unit, so it is estimated from both together.
  const pooled = ((nc * controlVariance + nt * t.variance) / (nc + nt)) * (1 / nc + 1 / nt);
  const variance =
    (hypothesis === undefined ? unpooled : Math.max(unpooled, pooled)) / (base * base);
  return { ...shared, estimate: gap / Math.abs(base), standardError: Math.sqrt(variance) };
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
