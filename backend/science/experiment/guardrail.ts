import type { Effect } from '../statistics/effect.ts';
import { welchTest } from '../statistics/fixed-test.ts';
import type { Unavailable } from '../statistics/unavailable.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';

export interface GuardrailTestOptions {
  /** The direction in which the metric is better. */
  readonly better?: 'higher' | 'lower';
  readonly alpha?: number;
  /** `sequential`: always valid; `fixed`: valid for a single look at a time fixed in advance. */
  readonly reading?: 'sequential' | 'fixed';
  readonly tuning?: number;
}

export interface GuardrailTest {
  readonly kind: 'guardrail';
  /**
   * `kept`: significantly less harm than the margin; `broken`: significantly more harm; `open`: more units are needed.
   */
  readonly verdict: 'kept' | 'broken' | 'open';
  /**
   * One-sided p-value of the null hypothesis that the harm is at least the margin; small where the guardrail is kept.
   */
  readonly pValue: number;
  /**
   * One-sided confidence bounds of the harm in the effect's unit, each at level 1 − alpha; harm is how much worse the
   * metric is.
   */
  readonly leastHarm: number;
  readonly mostHarm: number;
}

/**
 * Non-inferiority test (Rothmann, Wiens & Chan, 2012): the guardrail is kept where the upper confidence bound of the
 * harm is below the margin.
 * @param effect relative, estimated with the margin as its `hypothesis`, or absolute.
 * @param margin the largest tolerated harm, in the effect's unit (0.01 of a relative effect is 1 %); 0 tolerates none.
 * @throws where the margin is below 0.
 */
export function testGuardrail(
  effect: Effect | Unavailable,
  margin: number,
  { better = 'higher', alpha = 0.05, reading = 'sequential', tuning }: GuardrailTestOptions = {},
): GuardrailTest | Unavailable {
  if (effect.kind === 'no-answer') return effect;
  if (!(margin >= 0))
    throw new Error(`a margin is the tolerated harm and must be 0 or more, not ${margin}`);
  // Oriented so that higher is better, and shifted so that 0 is a harm of exactly the margin.
  const estimate = (better === 'higher' ? effect.estimate : -effect.estimate) + margin;
  const shifted = { ...effect, estimate };
  const test = (alternative: 'greater' | 'less') =>
    reading === 'sequential'
      ? sequentialTest(shifted, { alpha, alternative, tuning })
      : welchTest(shifted, { alpha, alternative });
  const [above, below] = [test('greater'), test('less')];
  const verdict = above.low > 0 ? 'kept' : below.high < 0 ? 'broken' : 'open';
  return {
    kind: 'guardrail',
    verdict,
    pValue: above.pValue,
    leastHarm: margin - below.high,
    mostHarm: margin - above.low,
  };
}
