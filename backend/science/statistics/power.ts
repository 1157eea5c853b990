import { normalCdf, normalQuantile, studentQuantile } from './distributions.ts';
import { leavesNothing, momentsOf } from './effect.ts';
import { kindOf } from './statistic-kinds.ts';
import { type Alternative, checkAlpha } from './fixed-test.ts';
import { noncentralStudentCdf } from './noncentral-t.ts';
import { MINIMUM_PER_ARM, noSpread, type Unavailable, zeroBaseline } from './unavailable.ts';
import { sequentialReach } from './sequential-test.ts';
import type { Statistic } from './statistics.ts';

export interface PlanOptions {
  readonly alpha?: number;
  readonly power?: number;
  readonly alternative?: Exclude<Alternative, 'less'>;
  /** Units of the treatment per unit of the control, such as 1/9 for a 90/10 split. */
  readonly allocation?: number;
}

export interface Plan {
  readonly kind: 'plan';
  /** Units, not rounded. No effect is estimated with fewer than `MINIMUM_PER_ARM`, whatever the power. */
  readonly control: number;
  readonly treatment: number;
  readonly effect: number;
  readonly relativeEffect: number;
  readonly belowMinimum: boolean;
}

/**
 * Units needed to detect an effect, from past statistics of an arm:
 * `n_c = (z_{1−α/2} + z_{power})² σ² (1 + 1/k) / effect²`, with k treatment units per control unit. The variance σ² is
 * that of the statistic's kind: by the delta method for ratios, adjusted for CUPED. Both arms are assumed to have it;
 * where the effect changes the variance (rates), use `sampleSizeOfProportions`.
 * @param effect absolute in the metric's unit, or relative to the past mean; above 0.
 * @throws where the effect, the allocation, alpha or the power is out of range.
 */
export function planSampleSize(
  past: Statistic,
  effect: { readonly absolute: number } | { readonly relative: number },
  options: PlanOptions = {},
): Plan | Unavailable {
  const { variance, base, reach, allocation } = prepare(past, options);
  if ('relative' in effect && base === 0) return zeroBaseline();
  if (variance === 0) return noSpread();
  const absolute = 'absolute' in effect ? effect.absolute : effect.relative * Math.abs(base);
  if (!(absolute > 0)) throw new Error(`the effect to detect must be above 0, not ${absolute}`);
  const control = (reach * reach * variance * (1 + 1 / allocation)) / (absolute * absolute);
  return planOf(control, allocation, absolute, base);
}

/**
 * The smallest effect that is detected with the given power.
 * @param control units of the control; the treatment has `allocation` times as many.
 */
export function minimumDetectableEffect(
  past: Statistic,
  control: number,
  options: PlanOptions = {},
): Plan | Unavailable {
  const { variance, base, reach, allocation } = prepare(past, options);
  if (!(control > 0)) throw new Error(`units of the control must be above 0, not ${control}`);
  if (variance === 0) return noSpread();
  const effect = reach * Math.sqrt((variance * (1 + 1 / allocation)) / control);
  return planOf(control, allocation, effect, base);
}

/**
 * Units per arm, with equal arms, for a test that is always valid: at the last look the confidence sequence of
 * `sequentialTest` excludes 0 with the given power. Looking earlier as well can only raise the power.
 * @param oneLook units per arm of the fixed-horizon test at the same alpha and power. At n units per arm, the standard
 * error divided by the effect is `√(oneLook / n) / (z_{1−α/2} + z_power)`.
 */
export function sampleSizeReadDaily(oneLook: number, { alpha = 0.05, power = 0.8 } = {}): number {
  checkPlan(alpha, power);
  const reach = normalQuantile(power) - normalQuantile(alpha / 2);
  const powerAt = (n: number) =>
    normalCdf(reach * Math.sqrt(n / oneLook) - sequentialReach(2 * n, alpha));
  return solve(powerAt, power);
}

/** Power of the two-sided z test, both tails. @param effect true effect divided by its standard error. */
export const normalPower = (effect: number, alpha = 0.05): number => {
  const critical = -normalQuantile(alpha / 2);
  return normalCdf(effect - critical) + normalCdf(-effect - critical);
};

/**
 * Units per arm for a two-sided test of two proportions. `cohen-h`: arcsine distance (Cohen, 1988), both tails.
 * `unpooled`: `(z_{1−α/2} + z_power)² (p₁q₁ + p₂q₂) / Δ²`. `pooled`: standard error under the null hypothesis from the
 * pooled rate (Fleiss, 1981).
 * @param baseline rate of the control, in 0..1. @param mde absolute difference to detect, of either sign.
 * @throws where a rate is outside 0..1 or the rates are equal.
 */
export function sampleSizeOfProportions(
  baseline: number,
  mde: number,
  {
    alpha = 0.05,
    power = 0.8,
    method = 'pooled',
  }: Pick<PlanOptions, 'alpha' | 'power'> & {
    readonly method?: 'cohen-h' | 'unpooled' | 'pooled';
  } = {},
): number {
  checkPlan(alpha, power);
  const other = baseline + mde;
  if (mde === 0 || !(Math.min(baseline, other) > 0 && Math.max(baseline, other) < 1)) {
    throw new Error(`the rates must differ and be between 0 and 1, not ${baseline} and ${other}`);
  }
  const [za, zb] = [-normalQuantile(alpha / 2), normalQuantile(power)];
  const each = baseline * (1 - baseline) + other * (1 - other);
  switch (method) {
    case 'cohen-h': {
      const h = 2 * Math.abs(Math.asin(Math.sqrt(other)) - Math.asin(Math.sqrt(baseline)));
      return solve((n) => normalPower(h * Math.sqrt(n / 2), alpha), power);
    }
    case 'unpooled':
      return ((za + zb) ** 2 * each) / mde ** 2;
    case 'pooled': {
      const mean = (baseline + other) / 2;
      const spread = za * Math.sqrt(2 * mean * (1 - mean)) + zb * Math.sqrt(each);
      return (spread / mde) ** 2;
    }
    default:
      return method satisfies never;
  }
}

/**
 * Units per arm for a two-sided Student's t test with equal arms, by the noncentral t distribution.
 * @param effectSize difference divided by the standard deviation (Cohen's d); not 0.
 */
export function sampleSizeOfMeans(effectSize: number, { alpha = 0.05, power = 0.8 } = {}): number {
  checkPlan(alpha, power);
  if (effectSize === 0)
    throw new Error('no number of units detects an effect of 0: give one above 0');
  const powerAt = (n: number) => {
    const df = 2 * n - 2;
    const critical = -studentQuantile(alpha / 2, df);
    const delta = Math.min(37, Math.abs(effectSize) * Math.sqrt(n / 2));
    const upper = 1 - noncentralStudentCdf(critical, df, delta);
    return upper + 1 - noncentralStudentCdf(critical, df, -delta);
  };
  return solve(powerAt, power);
}

function prepare(past: Statistic, options: PlanOptions) {
  const { alpha = 0.05, power = 0.8, alternative = 'two-sided', allocation = 1 } = options;
  checkPlan(alpha, power);
  if (!(allocation > 0)) throw new Error(`the allocation must be above 0, not ${allocation}`);
  const tail = alternative === 'two-sided' ? alpha / 2 : alpha;
  const kind = kindOf(past);
  const theta = kind.theta([past]);
  // What foretells without error would ask for no units at all; such a covariate is refused when effects are read.
  const { variance } = momentsOf(past, leavesNothing(kind, [past], theta) ? 0 : theta);
  // A relative effect is divided by the unadjusted mean, so θ is 0 here.
  const base = momentsOf(past).mean;
  return { variance, base, reach: normalQuantile(power) - normalQuantile(tail), allocation };
}

const planOf = (control: number, allocation: number, effect: number, base: number): Plan => ({
  kind: 'plan',
  control,
  treatment: control * allocation,
  effect,
  relativeEffect: effect / Math.abs(base),
  belowMinimum: control * Math.min(1, allocation) < MINIMUM_PER_ARM,
});

function checkPlan(alpha: number, power: number): void {
  checkAlpha(alpha);
  if (!(power > alpha && power < 1)) {
    throw new Error(`power must be between alpha and 1, usually 0.8, not ${power}`);
  }
}

/** The n > 1 at which the power, which rises with n, reaches the target; by bisection. */
function solve(powerAt: (n: number) => number, target: number): number {
  let [low, high] = [1 + 1e-9, 2];
  while (powerAt(high) < target) {
    if (high > 1e15) throw new Error('no number of units detects an effect that small');
    [low, high] = [high, high * 2];
  }
  for (let step = 0; step < 100 && high - low > 1e-13 * high; step++) {
    const middle = (low + high) / 2;
    if (powerAt(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
