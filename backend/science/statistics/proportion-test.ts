import { normalCdf, normalQuantile } from './distributions.ts';
import {
  type Alternative,
  around,
  checkAlpha,
  type TestOptions,
  type TestResult,
} from './fixed-test.ts';
import { noSpread, type NoAnswer } from './unavailable.ts';
import type { ProportionStatistic } from './statistics.ts';

export interface ProportionTest extends TestResult {
  readonly kind: 'proportion-test';
  readonly z: number;
  /** 95 % (1 − alpha) interval of the difference from both score intervals: right near 0 and 1 and for few units. */
  readonly newcombe: { readonly low: number; readonly high: number };
}

/**
 * z test of two proportions: pooled error under "no difference", Wald's error for the interval; Newcombe's (1998,
 * method 10) interval beside it.
 */
export function proportionTest(
  control: ProportionStatistic,
  treatment: ProportionStatistic,
  { alpha = 0.05, alternative = 'two-sided' }: TestOptions = {},
): ProportionTest | NoAnswer {
  checkAlpha(alpha);
  const n = control.n + treatment.n;
  const pooled = (control.sum + treatment.sum) / n;
  if (!(pooled > 0 && pooled < 1) || control.n === 0 || treatment.n === 0) return noSpread();
  const [c, t] = [control.sum / control.n, treatment.sum / treatment.n];
  const z = (t - c) / Math.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / treatment.n));
  const wald = Math.sqrt((c * (1 - c)) / control.n + (t * (1 - t)) / treatment.n);
  const critical = -normalQuantile(alternative === 'two-sided' ? alpha / 2 : alpha);
  const [ofC, ofT] = [scoreInterval(control, alpha), scoreInterval(treatment, alpha)];
  return {
    kind: 'proportion-test',
    z,
    pValue: pValueOf(z, alternative),
    ...around(t - c, critical * wald, alternative),
    newcombe: {
      low: t - c - Math.hypot(t - ofT.low, ofC.high - c),
      high: t - c + Math.hypot(ofT.high - t, c - ofC.low),
    },
  };
}

/** Wilson's score interval (1927). */
export function scoreInterval({ sum, n }: ProportionStatistic, alpha = 0.05) {
  const z = normalQuantile(alpha / 2);
  const z2n = (z * z) / n;
  const rate = sum / n;
  const centre = (rate + z2n / 2) / (1 + z2n);
  const half = Math.sqrt(z2n * (rate * (1 - rate) + z2n / 4)) / (1 + z2n);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * P(treatment's rate > control's) with uniform priors: exact for independent Beta posteriors
 * (Miller, 2015: `Σᵢ B(a_c + i, b_c + b_t) / ((b_t + i) B(1 + i, b_t) B(a_c, b_c))`, i < a_t), each term from the one
 * before. Takes time in the number of successes.
 */
export function chanceProportionIsHigher(
  control: ProportionStatistic,
  treatment: ProportionStatistic,
): number {
  const [ac, bc] = [control.sum + 1, control.n - control.sum + 1];
  const [at, bt] = [treatment.sum + 1, treatment.n - treatment.sum + 1];
  // Logarithms: the first term underflows where rates lie far apart.
  let log = 0;
  for (let j = 0; j < ac; j++) log += Math.log1p(-bt / (bc + bt + j));
  let chance = 0;
  for (let i = 0; i < at; i++) {
    chance += Math.exp(log);
    log += Math.log(((ac + i) * (bt + i)) / ((ac + bc + bt + i) * (1 + i)));
  }
  return Math.min(1, chance);
}

function pValueOf(z: number, alternative: Alternative): number {
  switch (alternative) {
    case 'two-sided':
      return 2 * normalCdf(-Math.abs(z));
    case 'greater':
      return normalCdf(-z);
    case 'less':
      return normalCdf(z);
    default:
      return alternative satisfies never;
  }
}
