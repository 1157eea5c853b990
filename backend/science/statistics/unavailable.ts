import { count } from '../../../shared/text/text.ts';

/**
 * Why a figure cannot be computed. A missing figure is never shown as a p-value of 1. Stored reports hold `kind` and
 * `reason`, so both stay as they are.
 */
export interface Unavailable {
  readonly kind: 'no-answer';
  readonly reason:
    | 'not-enough-data'
    | 'no-spread'
    | 'constant-arms'
    | 'zero-baseline'
    | 'no-denominator'
    | 'leaking-covariate'
    | 'missing-metric'
    | 'unequal-time'
    | 'no-weights';
  /** For people, such as "not enough data: 212 of 1,000 sessions". */
  readonly message: string;
}

export type Unit = 'sessions' | 'users';

/** No effect is estimated for an arm with fewer units than this. */
export const MINIMUM_PER_ARM = 1000;

export const notEnoughData = (
  have: number,
  need: number,
  unit: Unit | 'days' = 'sessions',
): Unavailable => ({
  kind: 'no-answer',
  reason: 'not-enough-data',
  message: `not enough data: ${count(have)} of ${count(need)} ${unit}`,
});

export const noSpread = (): Unavailable => ({
  kind: 'no-answer',
  reason: 'no-spread',
  message: 'no variance: every unit of both arms has the same value',
});

/** Each arm has one value, and they differ: the arms are not equal, but by how much more than chance nothing says. */
export const constantArms = (control: number, treatment: number): Unavailable => ({
  kind: 'no-answer',
  reason: 'constant-arms',
  message: `no interval: every unit of the control has ${shown(control)} and every unit of the treatment ${shown(treatment)}; the arms differ, but without variance no test applies`,
});

const shown = (value: number): number => Number(value.toPrecision(4));

export const zeroBaseline = (): Unavailable => ({
  kind: 'no-answer',
  reason: 'zero-baseline',
  message: 'no relative difference: the control has a mean of 0; read the absolute difference',
});

export const noDenominator = (arm: 'control' | 'treatment'): Unavailable => ({
  kind: 'no-answer',
  reason: 'no-denominator',
  message: `no ratio: the denominator of the ${arm} sums to 0`,
});

export const leakingCovariate = (): Unavailable => ({
  kind: 'no-answer',
  reason: 'leaking-covariate',
  message:
    'no adjusted effect: the value from before the experiment foretells that from after it without error, so it is the same value or was counted after the exposure; count it before',
});

export const missingMetric = (metric: string): Unavailable => ({
  kind: 'no-answer',
  reason: 'missing-metric',
  message: `no value of ${metric}: count it in the experiment, or leave it out`,
});

export const unequalFollowUp = (): Unavailable => ({
  kind: 'no-answer',
  reason: 'unequal-time',
  message:
    'no trend: users exposed on the first days have had longer to act than those of the last days; use sessions as the unit to see a trend',
});

export const noWeights = (why: string): Unavailable => ({
  kind: 'no-answer',
  reason: 'no-weights',
  message: `no metric weights: ${why}`,
});
