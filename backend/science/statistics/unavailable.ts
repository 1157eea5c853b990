import { count } from '../../../shared/text/text.ts';

/** Why there is no number to show. Never a p-value of 1: an unasked question has no answer. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly reason:
    | 'not-enough-data'
    | 'no-spread'
    | 'zero-baseline'
    | 'no-denominator'
    | 'missing-metric'
    | 'unequal-time'
    | 'no-weights';
  /** For people: "not enough data: 212 of 1,000 sessions". */
  readonly message: string;
}

export type Unit = 'sessions' | 'users';

/** No call is made on an arm with fewer units than this. */
export const MINIMUM_PER_ARM = 1000;

export const notEnoughData = (
  have: number,
  need: number,
  unit: Unit | 'days' = 'sessions',
): NoAnswer => ({
  kind: 'no-answer',
  reason: 'not-enough-data',
  message: `not enough data: ${count(have)} of ${count(need)} ${unit}`,
});

export const noSpread = (): NoAnswer => ({
  kind: 'no-answer',
  reason: 'no-spread',
  message: 'no spread: every unit of both arms has the same value',
});

export const zeroBaseline = (): NoAnswer => ({
  kind: 'no-answer',
  reason: 'zero-baseline',
  message: 'no relative difference: the control has a mean of 0; read the absolute one',
});

export const noDenominator = (arm: 'control' | 'treatment'): NoAnswer => ({
  kind: 'no-answer',
  reason: 'no-denominator',
  message: `no ratio: the denominator of the ${arm} adds up to 0`,
});

export const missingMetric = (metric: string): NoAnswer => ({
  kind: 'no-answer',
  reason: 'missing-metric',
  message: `no value of ${metric}: count it in the experiment, or leave it out`,
});

export const unequalTime = (): NoAnswer => ({
  kind: 'no-answer',
  reason: 'unequal-time',
  message:
    'no trend: users of the first days have had longer to act than those of the last; read it where sessions are the unit',
});

export const noWeights = (why: string): NoAnswer => ({
  kind: 'no-answer',
  reason: 'no-weights',
  message: `no metric weights: ${why}`,
});
