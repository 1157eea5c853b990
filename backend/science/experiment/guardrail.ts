import type { Effect } from '../statistics/effect.ts';
import { welchTest } from '../statistics/fixed-test.ts';
import type { NoAnswer } from '../statistics/unavailable.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';

export interface GuardrailOptions {
  /** Which way the metric is good. */
  readonly better?: 'higher' | 'lower';
  readonly alpha?: number;
  /** `sequential` may be read daily; `fixed` once. */
  readonly reading?: 'sequential' | 'fixed';
  readonly tuning?: number;
}

export interface Guardrail {
  readonly kind: 'guardrail';
  /**
   * `kept`: not worse than the margin allows; `broken`: worse than that; `open`: more units are needed.
   */
  readonly verdict: 'kept' | 'broken' | 'open';
  /** Of "worse than the margin allows": small where the guardrail is kept. */
  readonly pValue: number;
  /** One-sided bounds of the harm (how much worse, in the effect's unit), each at 1 − alpha. */
  readonly leastHarm: number;
  readonly mostHarm: number;
}

/**
 * Non-inferiority (Rothmann, Wiens & Chan, 2012): kept where even the most harm that fits the data is below the margin.
 * @param effect a relative one with the margin as its `hypothesis`, or an absolute one.
 * @param margin the harm that is bearable, in the effect's unit (0.01 of a relative one is 1 %); 0 asks for no harm.
 */
export function guardrailOf(
  effect: Effect | NoAnswer,
  margin: number,
  { better = 'higher', alpha = 0.05, reading = 'sequential', tuning }: GuardrailOptions = {},
): Guardrail | NoAnswer {
  if (effect.kind === 'no-answer') return effect;
  if (!(margin >= 0)) throw new Error(`a margin is bearable harm, 0 or more, not ${margin}`);
  // Turned so that up is good, and moved so that 0 is the harm that is just bearable.
  const estimate = (better === 'higher' ? effect.estimate : -effect.estimate) + margin;
  const moved = { ...effect, estimate };
  const test = (alternative: 'greater' | 'less') =>
    reading === 'sequential'
      ? sequentialTest(moved, { alpha, alternative, tuning })
      : welchTest(moved, { alpha, alternative });
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
