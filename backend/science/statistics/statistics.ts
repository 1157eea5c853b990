/**
 * Sufficient statistics of one metric in one arm, computed from one value per unit (session or user). They hold all
 * that the analysis needs, are frozen, and add up over days, shards and segments.
 */
export type Statistic = Sample | RatioStatistic | AdjustedStatistic | AdjustedRatioStatistic;
export type Sample = MeanStatistic | ProportionStatistic;

export interface MeanStatistic {
  readonly kind: 'mean';
  readonly n: number;
  readonly sum: number;
  readonly sumSquares: number;
}

/** Each unit's value is 0 or 1. */
export interface ProportionStatistic {
  readonly kind: 'proportion';
  readonly n: number;
  readonly sum: number;
}

/** Ratio metric Σ numerator / Σ denominator, both counted per unit, such as bookings per click. */
export interface RatioStatistic {
  readonly kind: 'ratio';
  readonly numerator: Sample;
  readonly denominator: Sample;
  readonly sumProducts: number;
}

/** A metric together with the same unit's value from before the experiment, for CUPED. */
export interface AdjustedStatistic {
  readonly kind: 'adjusted';
  readonly post: Sample;
  readonly pre: Sample;
  readonly sumProducts: number;
}

/** A ratio metric together with the same units' numerators and denominators from before the experiment, for CUPED. */
export interface AdjustedRatioStatistic {
  readonly kind: 'adjusted-ratio';
  readonly post: RatioStatistic;
  readonly pre: RatioStatistic;
  /** Σ over units of a part of `post` × a part of `pre`, named in this order. */
  readonly sumProducts: {
    readonly numerators: number;
    readonly numeratorByDenominator: number;
    readonly denominatorByNumerator: number;
    readonly denominators: number;
  };
}

/**
 * @param cap larger values are replaced by it (winsorised), with the same cap in both arms, from `winsorCap`.
 * @throws where a value is not finite.
 */
export function meanStatistic(values: Iterable<number>, cap = Infinity): MeanStatistic {
  let [n, sum, sumSquares] = [0, 0, 0];
  for (const raw of values) {
    const value = Math.min(raw, cap);
    if (!Number.isFinite(value)) throw new Error(`a metric's values must be finite, not ${raw}`);
    n++;
    sum += value;
    sumSquares += value * value;
  }
  return Object.freeze({ kind: 'mean', n, sum, sumSquares });
}

/** The statistic of an arm of which only mean, unbiased variance and size are known (ASOS). */
export function meanStatisticFromMoments(mean: number, variance: number, n: number): MeanStatistic {
  if (!(variance >= 0 && n > 1)) {
    throw new Error(
      `n must be above 1 and the variance at least 0, not n = ${n} and variance ${variance}`,
    );
  }
  const sum = mean * n;
  return Object.freeze({ kind: 'mean', n, sum, sumSquares: variance * (n - 1) + sum * mean });
}

export function proportionStatistic(successes: number, n: number): ProportionStatistic {
  if (!(successes >= 0 && successes <= n)) {
    throw new Error(`successes must be in 0..n, not ${successes} of ${n}`);
  }
  return Object.freeze({ kind: 'proportion', n, sum: successes });
}

export function ratioStatistic(
  numerator: readonly number[],
  denominator: readonly number[],
  cap = Infinity,
): RatioStatistic {
  return Object.freeze({
    kind: 'ratio',
    numerator: meanStatistic(numerator, cap),
    denominator: meanStatistic(denominator),
    sumProducts: sumOfProducts(numerator, denominator, cap),
  });
}

/** @param cap winsorises `post`. @param preCap winsorises `pre`. */
export function adjustedStatistic(
  post: readonly number[],
  pre: readonly number[],
  cap = Infinity,
  preCap = Infinity,
): AdjustedStatistic {
  return Object.freeze({
    kind: 'adjusted',
    post: meanStatistic(post, cap),
    pre: meanStatistic(pre, preCap),
    sumProducts: sumOfProducts(post, pre, cap, preCap),
  });
}

/** @param cap winsorises the numerator of `post`. @param preCap winsorises the numerator of `pre`. */
export function adjustedRatioStatistic(
  post: { readonly numerator: readonly number[]; readonly denominator: readonly number[] },
  pre: { readonly numerator: readonly number[]; readonly denominator: readonly number[] },
  cap = Infinity,
  preCap = Infinity,
): AdjustedRatioStatistic {
  return Object.freeze({
    kind: 'adjusted-ratio',
    post: ratioStatistic(post.numerator, post.denominator, cap),
    pre: ratioStatistic(pre.numerator, pre.denominator, preCap),
    sumProducts: Object.freeze({
      numerators: sumOfProducts(post.numerator, pre.numerator, cap, preCap),
      numeratorByDenominator: sumOfProducts(post.numerator, pre.denominator, cap),
      denominatorByNumerator: sumOfProducts(post.denominator, pre.numerator, Infinity, preCap),
      denominators: sumOfProducts(post.denominator, pre.denominator),
    }),
  });
}

/**
 * The value at which a metric is winsorised: a quantile of the values of both arms together, so that the cap cannot
 * differ between arms; linear interpolation (Hyndman & Fan, 1996, type 7).
 * @param share quantile in (0, 1]; 0.99 caps the largest 1 %.
 * @param ignoreZeros uses only values above 0, for metrics that are 0 for most units.
 * @returns Infinity (no cap) where there are no such values.
 */
export function winsorCap(
  values: ArrayLike<number>,
  share: number,
  { ignoreZeros = false } = {},
): number {
  if (!(share > 0 && share <= 1))
    throw new Error(`the share to winsorise at must be in (0, 1], not ${share}`);
  const sorted = Float64Array.from(values)
    .filter((value) => !ignoreZeros || value > 0)
    .toSorted();
  if (sorted.length === 0) return Infinity;
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

function sumOfProducts(
  a: readonly number[],
  b: readonly number[],
  capA = Infinity,
  capB = Infinity,
): number {
  if (a.length !== b.length) {
    throw new Error(`${a.length} values and ${b.length} values: give one of each per unit`);
  }
  return a.reduce((sum, value, i) => sum + Math.min(value, capA) * Math.min(b[i], capB), 0);
}
