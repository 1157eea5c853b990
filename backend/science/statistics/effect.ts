import { adjustedRatioMoments, liftedRatioVariance, ratioTheta } from './adjusted-ratio.ts';
import {
  adjustedMoments,
  covariance,
  type Moments,
  pooledTheta,
  ratioMoments,
  sampleMoments,
} from './moments.ts';
import {
  MINIMUM_PER_ARM,
  noDenominator,
  noSpread,
  type NoAnswer,
  notEnoughData,
  type Unit,
  zeroBaseline,
} from './no-answer.ts';
import {
  addStatistics,
  type AdjustedRatioStatistic,
  type AdjustedStatistic,
  type Statistic,
  unitsOf,
} from './statistics.ts';

export type Difference = 'absolute' | 'relative';

/** What every test, interval and posterior starts from. */
export interface Estimate {
  readonly estimate: number;
  readonly standardError: number;
  /** Welch–Satterthwaite degrees of freedom. */
  readonly df: number;
  /** Units of both arms: the clock of always-valid readings. */
  readonly n: number;
}

/** Treatment against control. */
export interface Effect extends Estimate {
  readonly kind: 'effect';
  readonly difference: Difference;
  /** `t̄ − c̄`, or that over `|c̄|`. */
  readonly estimate: number;
  /** Mean of the control without adjustment: what a relative difference is a share of. */
  readonly base: number;
  readonly control: ArmMoments;
  readonly treatment: ArmMoments;
}

export interface ArmMoments extends Moments {
  readonly n: number;
}

export interface EffectOptions {
  readonly difference?: Difference;
  readonly minimumPerArm?: number;
  readonly unit?: Unit;
  /**
   * The relative difference that is tested (a guardrail's margin): the error is then that of "it is so", not of what was
   * found (Fieller, 1954), as an arm that happens to have few of a rare value has a small mean and a small error at once.
   */
  readonly hypothesis?: number;
}

/**
 * The difference of two arms of one metric. Relative ones by the delta method on `t̄/c̄`:
 * `σ_t²/(n_t c̄²) + σ_c² t̄²/(n_c c̄⁴)`. CUPED statistics are adjusted by one θ for both arms; their relative
 * difference is over the unadjusted control mean.
 * @throws where the arms' statistics are of two kinds.
 */
export function effectOf<S extends Statistic>(
  control: S,
  treatment: S,
  {
    difference = 'absolute',
    minimumPerArm = MINIMUM_PER_ARM,
    unit = 'sessions',
    hypothesis,
  }: EffectOptions = {},
): Effect | NoAnswer {
  const theta = thetaOf([control, treatment]);
  const [nc, nt] = [unitsOf(control), unitsOf(treatment)];
  const fewest = Math.min(nc, nt);
  const needed = Math.max(2, minimumPerArm);
  if (fewest < needed) return notEnoughData(fewest, needed, unit);
  if (hasNoDenominator(control)) return noDenominator('control');
  if (hasNoDenominator(treatment)) return noDenominator('treatment');

  const [c, t] = [momentsOf(control, theta), momentsOf(treatment, theta)];
  const [errorC, errorT] = [c.variance / nc, t.variance / nt];
  const absolute = errorC + errorT;
  // Sums of squares leave rounding where every value is the same.
  const rounding = 1e-14 * (c.mean * c.mean + t.mean * t.mean);
  if (c.variance <= rounding && t.variance <= rounding) return noSpread();
  const base = momentsOf(control).mean;
  const shared = {
    kind: 'effect',
    difference,
    df: (absolute * absolute) / ((errorC * errorC) / (nc - 1) + (errorT * errorT) / (nt - 1)),
    n: nc + nt,
    base,
    control: { n: nc, ...c },
    treatment: { n: nt, ...t },
  } as const;
  const gap = t.mean - c.mean;
  if (difference === 'absolute') {
    return { ...shared, estimate: gap, standardError: Math.sqrt(absolute) };
  }
  if (base === 0) return zeroBaseline();
  const lift = hypothesis === undefined ? undefined : 1 + hypothesis * Math.sign(base);
  const ofControl = controlVariance(control, treatment, theta, gap, lift);
  const own = errorT + ofControl / nc;
  // If it is so, units of both arms vary alike: the larger arm says how much better than the smaller one.
  const alike = ((nc * ofControl + nt * t.variance) / (nc + nt)) * (1 / nc + 1 / nt);
  const variance = (lift === undefined ? own : Math.max(own, alike)) / (base * base);
  return { ...shared, estimate: gap / Math.abs(base), standardError: Math.sqrt(variance) };
}

/** Per-unit mean and variance of one arm. @param theta of CUPED; 0 leaves the metric as it is. */
export function momentsOf(statistic: Statistic, theta = 0): Moments {
  switch (statistic.kind) {
    case 'mean':
    case 'proportion':
      return sampleMoments(statistic);
    case 'ratio':
      return ratioMoments(statistic);
    case 'adjusted':
      return adjustedMoments(statistic, theta);
    case 'adjusted-ratio':
      return adjustedRatioMoments(statistic, theta);
    default:
      return statistic satisfies never;
  }
}

/** How much of what was there before is taken off in all arms alike; 0 without CUPED. */
export function thetaOf(arms: readonly Statistic[]): number {
  const pooled = arms.reduce((sum, arm) => addStatistics(sum, arm));
  if (pooled.kind === 'adjusted') return pooledTheta(pooled);
  return pooled.kind === 'adjusted-ratio' ? ratioTheta(arms as AdjustedRatioStatistic[]) : 0;
}

function hasNoDenominator(statistic: Statistic): boolean {
  if (statistic.kind === 'adjusted-ratio') return statistic.post.denominator.sum === 0;
  return statistic.kind === 'ratio' && statistic.denominator.sum === 0;
}

/**
 * Variance of one control unit in the relative difference, times the base². @param gap adjusted `t̄ − c̄`.
 * @param given the lift that is tested; else the one that was found.
 */
function controlVariance(
  control: Statistic,
  treatment: Statistic,
  theta: number,
  gap: number,
  given: number | undefined,
): number {
  const { mean: base, variance } = momentsOf(control);
  if (control.kind === 'adjusted-ratio') {
    return liftedRatioVariance(control, theta, given ?? 1 + gap / base);
  }
  const lift = given ?? momentsOf(treatment).mean / base;
  return control.kind === 'adjusted'
    ? liftedVariance(control, theta, lift)
    : lift * lift * variance;
}

/**
 * Variance of one control unit in `(Ȳ_t − θX̄_t − Ȳ_c + θX̄_c) / Ȳ_c`, times Ȳ_c²: the gradient is −lift in Y and θ in
 * X, the lift taken on the unadjusted means (as GrowthBook does).
 */
function liftedVariance(
  { post, pre, sumProducts }: AdjustedStatistic,
  theta: number,
  lift: number,
) {
  return (
    lift * lift * sampleMoments(post).variance +
    theta * theta * sampleMoments(pre).variance -
    2 * lift * theta * covariance(post, pre, sumProducts)
  );
}
