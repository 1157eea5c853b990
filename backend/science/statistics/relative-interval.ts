import type { ArmEffect } from './effect.ts';
import { borrowedVariance, type LiftVariance } from './variance-under.ts';

/** Interval of a relative effect; null where the data do not bound it on that side. */
export interface OpenInterval {
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Confidence interval of a relative effect by Fieller's theorem (1954): all relative effects that a test does not reject,
 * `|t̄ − L c̄| ≤ reach · √Var(L)`, where the variance is taken under each of them (`varianceUnder`) and not at the estimate.
 * The delta method divides by an estimated mean as if it were known, so where conversions are rare its interval is too
 * short, and 0 conversions against 1 would be −100 % with certainty. Where the control's mean is not itself
 * distinguishable from 0, no data of the treatment bound the ratio, and an end is null.
 * @param reach half the width of the test's interval, in standard errors: by `sequentialReach` always valid.
 */
export function relativeInterval(
  { control, treatment, base, ratio: { mean, own, isNonNegative } }: ArmEffect,
  reach: number,
): OpenInterval {
  const k2 = reach * reach;
  const borrowed = k2 * borrowedVariance({ control, treatment });
  const lifts = [
    ...notAbove0(squareOf(mean, base, k2, own)),
    ...clip(notAbove0(squareOf(mean, base, 1, linear(borrowed))), 0, Infinity),
    ...clip(notAbove0(squareOf(mean, base, 1, linear(-borrowed))), -Infinity, 0),
  ];
  const possible = isNonNegative ? clip(lifts, 0, Infinity) : lifts;
  // The estimate itself is always among them; rounding may not take it out.
  const ends = [mean / base, ...possible.flat()];
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  // A lift of L is a relative effect of L − 1 over a positive mean, and of 1 − L over the size of a negative one.
  return base > 0
    ? { low: finite(least - 1), high: finite(most - 1) }
    : { low: finite(1 - most), high: finite(1 - least) };
}

const linear = (factor: number): LiftVariance => ({ constant: 0, linear: factor, square: 0 });

/** `(mean − L base)² − k² variance(L)` as a polynomial in L. */
const squareOf = (
  mean: number,
  base: number,
  k2: number,
  variance: LiftVariance,
): LiftVariance => ({
  constant: mean * mean - k2 * variance.constant,
  linear: -2 * mean * base - k2 * variance.linear,
  square: base * base - k2 * variance.square,
});

type Span = readonly [number, number];

/** Where a polynomial of degree two is not above 0. */
function notAbove0({ constant, linear: slope, square }: LiftVariance): Span[] {
  const discriminant = slope * slope - 4 * square * constant;
  if (square > 0) {
    if (discriminant < 0) return [];
    return [roots(constant, slope, square, discriminant)];
  }
  if (square < 0 && discriminant > 0) {
    const [first, second] = roots(constant, slope, square, discriminant);
    return [
      [-Infinity, first],
      [second, Infinity],
    ];
  }
  return [[-Infinity, Infinity]];
}

/** Both real roots, the lower first, without cancellation. */
function roots(constant: number, slope: number, square: number, discriminant: number): Span {
  const q = -(slope + (slope < 0 ? -1 : 1) * Math.sqrt(discriminant)) / 2;
  const [one, other] = [q / square, q === 0 ? 0 : constant / q];
  return one < other ? [one, other] : [other, one];
}

const clip = (spans: readonly Span[], low: number, high: number): Span[] =>
  spans.flatMap(([from, to]): Span[] =>
    to < low || from > high ? [] : [[Math.max(from, low), Math.min(to, high)]],
  );

const finite = (end: number): number | null => (Number.isFinite(end) ? end : null);
