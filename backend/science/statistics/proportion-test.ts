import { normalCdf, normalQuantile } from './distributions.ts';
import {
  checkAlpha,
  intervalAround,
  pValueOf,
  type TestOptions,
  type TestResult,
} from './fixed-test.ts';
import { noSpread, type Unavailable } from './unavailable.ts';
import type { ProportionStatistic } from './statistics.ts';
import { wilsonInterval } from './wilson.ts';

export interface ProportionTest extends TestResult {
  readonly kind: 'proportion-test';
  readonly z: number;
  /**
   * Newcombe's interval of the difference at level 1 − alpha: accurate also for rates near 0 and 1 and for few units.
   */
  readonly newcombe: { readonly low: number; readonly high: number };
}

/**
 * z test of two proportions. The p-value uses the pooled standard error under the null hypothesis, the interval Wald's
 * unpooled one, or where that has no width, because every unit of each arm does the same, Newcombe's. Newcombe's interval (1998, method 10), built from both Wilson intervals, is given as well.
 */
export function proportionTest(
  control: ProportionStatistic,
  treatment: ProportionStatistic,
  { alpha = 0.05, alternative = 'two-sided' }: TestOptions = {},
): ProportionTest | Unavailable {
  checkAlpha(alpha);
  const n = control.n + treatment.n;
  const pooled = (control.sum + treatment.sum) / n;
  if (!(pooled > 0 && pooled < 1) || control.n === 0 || treatment.n === 0) return noSpread();
  const [c, t] = [control.sum / control.n, treatment.sum / treatment.n];
  const z = (t - c) / Math.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / treatment.n));
  const wald = Math.sqrt((c * (1 - c)) / control.n + (t * (1 - t)) / treatment.n);
  const critical = -normalQuantile(alternative === 'two-sided' ? alpha / 2 : alpha);
  const [wilsonC, wilsonT] = [control, treatment].map((arm) =>
    wilsonInterval(arm.sum, arm.n, alpha),
  );
  const newcombe = {
    low: t - c - Math.hypot(t - wilsonT.low, wilsonC.high - c),
    high: t - c + Math.hypot(wilsonT.high - t, c - wilsonC.low),
  };
  return {
    kind: 'proportion-test',
    z,
    pValue: pValueOf(z, normalCdf, alternative),
    ...(wald > 0 ? intervalAround(t - c, critical * wald, alternative) : newcombe),
    newcombe,
  };
}

/**
 * Posterior probability that the treatment has the higher rate, with uniform priors: exact for independent Beta
 * posteriors, `Σᵢ B(a_c + i, b_c + b_t) / ((b_t + i) B(1 + i, b_t) B(a_c, b_c))`, i < a_t (Miller, 2015), each term
 * computed from the one before. The time taken is linear in the number of successes.
 */
export function chanceProportionIsHigher(
  control: ProportionStatistic,
  treatment: ProportionStatistic,
): number {
  const [ac, bc] = [control.sum + 1, control.n - control.sum + 1];
  const [at, bt] = [treatment.sum + 1, treatment.n - treatment.sum + 1];
  // In logarithms, because the first term underflows where the rates are far apart.
  let log = 0;
  for (let j = 0; j < ac; j++) log += Math.log1p(-bt / (bc + bt + j));
  let chance = 0;
  for (let i = 0; i < at; i++) {
    chance += Math.exp(log);
    log += Math.log(((ac + i) * (bt + i)) / ((ac + bc + bt + i) * (1 + i)));
  }
  return Math.min(1, chance);
}
