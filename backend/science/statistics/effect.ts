import { kindOf, unitsOf } from './kinds/index.ts';
import type { Moments } from './kinds/kind.ts';
import {
  MINIMUM_PER_ARM,
  noDenominator,
  noSpread,
  type NoAnswer,
  notEnoughData,
  type Unit,
  zeroBaseline,
} from './unavailable.ts';
import type { Statistic } from './statistics.ts';

export type Difference = 'absolute' | 'relative';

/** What every test, interval and posterior starts from. */
export interface Estimate {
  readonly estimate: number;
  readonly standardError: number;
  /** Welch–Satterthwaite degrees of freedom. */
  readonly df: number;
  /** Units of both arms: the clock of always-valid readings. */
  readonly n: number;
}

/** Treatment against control. */
export interface Effect extends Estimate {
  readonly kind: 'effect';
  readonly difference: Difference;
  /** `t̄ − c̄`, or that over `|c̄|`. */
  readonly estimate: number;
  /** Mean of the control without adjustment: what a relative difference is a share of. */
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
   * The relative difference that is tested (a guardrail's margin). The standard error is then the one under this null
   * hypothesis and not the one at the estimate (Fieller, 1954), because an arm that happens to have few of a rare value
   * has a small mean and a small error at once.
   */
  readonly hypothesis?: number;
}

/**
 * The difference of two arms of one metric. Relative ones by the delta method on `t̄/c̄`:
 * `σ_t²/(n_t c̄²) + σ_c² t̄²/(n_c c̄⁴)`. CUPED statistics are adjusted by one θ for both arms; their relative
 * difference is over the unadjusted control mean.
 * @throws where the arms' statistics are of two kinds.
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
): Effect | NoAnswer {
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

  const [c, t] = [kind.moments(control, theta), kind.moments(treatment, theta)];
  const [errorC, errorT] = [c.variance / nc, t.variance / nt];
  const absolute = errorC + errorT;
  // Sums of squares leave rounding where every value is the same.
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
  const ofControl = kind.liftedVariance(control, theta, lift);
  const own = errorT + ofControl / nc;
  // Under the null hypothesis units of both arms vary alike, and the larger arm estimates how much better.
  const alike = ((nc * ofControl + nt * t.variance) / (nc + nt)) * (1 / nc + 1 / nt);
  const variance = (hypothesis === undefined ? own : Math.max(own, alike)) / (base * base);
  return { ...shared, estimate: gap / Math.abs(base), standardError: Math.sqrt(variance) };
}

/** Per-unit mean and variance of one arm. @param theta of CUPED; 0 leaves the metric as it is. */
export const momentsOf = (statistic: Statistic, theta = 0): Moments =>
  kindOf(statistic).moments(statistic, theta);
