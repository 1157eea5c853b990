import type { Statistic } from '../statistics.ts';

/** What one unit adds: the arm's mean, and the variance of one unit's contribution to it (÷ n: the mean's). */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** What a kind of statistic knows of itself. @template S the frozen sums of one arm and one metric. */
export interface StatisticKind<S extends Statistic> {
  /** How many units (sessions or users) it is of. */
  units(statistic: S): number;
  /** Per unit. @param theta how much of the value from before is taken off (CUPED); 0 leaves the metric as it is. */
  moments(statistic: S, theta: number): Moments;
  /** The statistic of both groups of units together. */
  add(a: S, b: S): S;
  /** θ of CUPED over all arms together, so that it cannot favour one; 0 where nothing is known from before. */
  theta(arms: readonly S[]): number;
  /** False where the denominator of a ratio adds up to 0. */
  isDefined(statistic: S): boolean;
  /** 1 + the relative difference by which the error of a relative difference is taken. */
  lift(control: S, treatment: S, theta: number): number;
  /** Variance of one control unit in the relative difference, times the control's mean². */
  liftedVariance(control: S, theta: number, lift: number): number;
}

/** Moments of a ratio of two kinds of statistics do not depend on what was before. */
export const noTheta = (): number => 0;
export const alwaysDefined = (): boolean => true;
