import type { ArmMoments } from './statistic-kind.ts';

/** Variance as a function of a lift L = treatment mean ÷ control mean: `constant + linear L + square L²`. */
export interface LiftVariance {
  readonly constant: number;
  readonly linear: number;
  readonly square: number;
}

interface Arms {
  readonly control: ArmMoments;
  readonly treatment: ArmMoments;
}

/**
 * Variance of `t̄ − L c̄` where L is the true lift, with each arm's own estimated variance.
 * @param ofControl variance per control unit of `L c̄` (with CUPED of all that it stands for).
 */
export function ownVariance({ control, treatment }: Arms, ofControl: LiftVariance): LiftVariance {
  return {
    constant: treatment.variance / treatment.n + ofControl.constant / control.n,
    linear: ofControl.linear / control.n,
    square: ofControl.square / control.n,
  };
}

/**
 * The same variance where a unit's variance is proportional to the arm's mean, as that of rare values is (a conversion,
 * a purchase: Poisson): `|L| (σ_c²/n_t + σ_t²/n_c)`. It follows from the variance that both arms estimate together,
 * `(n_c σ_c² + n_t σ_t²) / (n_c + |L| n_t)`, times `|L|/n_t + L²/n_c`. At L = 1 it is the pooled variance. An arm that by chance
 * has few rare values has a small mean and a small estimated variance at once, so that its own variance is least where
 * its mean is furthest from the truth; this one borrows from the other arm.
 * @returns the factor of |L|.
 */
export const borrowedVariance = ({ control, treatment }: Arms): number =>
  control.variance / treatment.n + treatment.variance / control.n;

/**
 * Variance of `t̄ − L c̄` under the hypothesis that the lift is L: the larger of the two above, because neither the
 * arms' variances nor how they change with the mean are known. For arms of equal size they are equal at L = 1.
 */
export function varianceUnder(arms: Arms, own: LiftVariance, lift: number): number {
  return Math.max(
    own.constant + own.linear * lift + own.square * lift * lift,
    borrowedVariance(arms) * Math.abs(lift),
  );
}
