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
import { addStatistics, type AdjustedStatistic, type Statistic, unitsOf } from './statistics.ts';

export type Difference = 'absolute' | 'relative';

/** Treatment against control, with its standard error: what every test, interval and posterior starts from. */
export interface Effect {
  readonly kind: 'effect';
  readonly difference: Difference;
  /** `t̄ − c̄`, or that over `c̄`. */
  readonly estimate: number;
  readonly standardError: number;
  /** Welch–Satterthwaite degrees of freedom. */
  readonly df: number;
  /** Units of both arms. */
  readonly n: number;
  readonly control: Moments;
  readonly treatment: Moments;
}

export interface EffectOptions {
  readonly difference?: Difference;
  readonly minimumPerArm?: number;
  readonly unit?: Unit;
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
  }: EffectOptions = {},
): Effect | NoAnswer {
  const pooled: Statistic = addStatistics<Statistic>(control, treatment);
  const [nc, nt] = [unitsOf(control), unitsOf(treatment)];
  const fewest = Math.min(nc, nt);
  const needed = Math.max(2, minimumPerArm);
  if (fewest < needed) return notEnoughData(fewest, needed, unit);
  if (hasNoDenominator(control)) return noDenominator('control');
  if (hasNoDenominator(treatment)) return noDenominator('treatment');

  const theta = pooled.kind === 'adjusted' ? pooledTheta(pooled) : 0;
  const [c, t] = [momentsOf(control, theta), momentsOf(treatment, theta)];
  const [errorC, errorT] = [c.variance / nc, t.variance / nt];
  const absolute = errorC + errorT;
  // Sums of squares leave rounding where every value is the same.
  const rounding = 1e-14 * (c.mean * c.mean + t.mean * t.mean);
  if (c.variance <= rounding && t.variance <= rounding) return noSpread();
  const df = (absolute * absolute) / ((errorC * errorC) / (nc - 1) + (errorT * errorT) / (nt - 1));
  const shared = { kind: 'effect', difference, df, n: nc + nt, control: c, treatment: t } as const;
  const gap = t.mean - c.mean;
  if (difference === 'absolute') {
    return { ...shared, estimate: gap, standardError: Math.sqrt(absolute) };
  }
  const base = plainMean(control, c);
  if (base === 0) return zeroBaseline();
  const lift = plainMean(treatment, t) / base;
  const fromControl =
    control.kind === 'adjusted' ? liftedVariance(control, theta, lift) : lift * lift * c.variance;
  const variance = (errorT + fromControl / nc) / (base * base);
  return { ...shared, estimate: gap / base, standardError: Math.sqrt(variance) };
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
    default:
      return statistic satisfies never;
  }
}

const hasNoDenominator = (statistic: Statistic): boolean =>
  statistic.kind === 'ratio' && statistic.denominator.sum === 0;

const plainMean = (statistic: Statistic, moments: Moments): number =>
  statistic.kind === 'adjusted' ? sampleMoments(statistic.post).mean : moments.mean;

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
