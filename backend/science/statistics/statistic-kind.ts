import type { Statistic } from './statistics.ts';

/** The arm's mean, and the variance of one unit's contribution to it; divided by n it is the variance of the mean. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** Moments of an arm of `n` units. */
export interface ArmMoments extends Moments {
  readonly n: number;
}

/** The computations of one kind of statistic. @template S its frozen sums for one arm and one metric. */
export interface StatisticKind<S extends Statistic> {
  /** Number of units (sessions or users). */
  units(statistic: S): number;
  /**
   * Mean and variance per unit.
   * @param theta CUPED coefficient of the value from before; 0 leaves the metric unadjusted.
   */
  moments(statistic: S, theta: number): Moments;
  /** The statistic of both groups of units together. */
  add(a: S, b: S): S;
  /**
   * CUPED coefficient θ from all arms together, so that it cannot favour one; 0 where there are no values from before.
   */
  theta(arms: readonly S[]): number;
  /** False where the denominator of a ratio sums to 0. */
  isDefined(statistic: S): boolean;
  /** 1 + relative effect, at which the standard error of the relative effect is evaluated. */
  lift(control: S, treatment: S, theta: number): number;
  /** A control unit's contribution to the variance of the relative effect, times the squared control mean. */
  liftedVariance(control: S, theta: number, lift: number): number;
}

/** For kinds without values from before the experiment, which CUPED leaves unadjusted. */
export const noTheta = (): number => 0;
export const alwaysDefined = (): boolean => true;
