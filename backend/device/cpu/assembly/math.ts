/**
 * exp and log for two f64 at once, from +, ×, / alone, so that every machine gives the same bits.
 * Errors against the exact value: exp under 3 × 2⁻⁵² relative; log1p under 2⁻⁵² absolute.
 */

/** x is clamped to ±700. 2ᵏ · P(r), x = k ln 2 + r, P the Taylor polynomial of degree 13. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const clamped = f64x2.max(f64x2.min(x, f64x2.splat(700.0)), f64x2.splat(-700.0));
  // Adding 1.5 · 2⁵² leaves the nearest whole number in the low bits.
  const shifted = f64x2.add(
    f64x2.mul(clamped, f64x2.splat(1.4426950408889634)),
    f64x2.splat(6755399441055744.0),
  );
  const k = f64x2.sub(shifted, f64x2.splat(6755399441055744.0));
  // ln 2 in two parts: the first has trailing zeros, so that k times it is exact.
  const r = f64x2.sub(
    f64x2.sub(clamped, f64x2.mul(k, f64x2.splat(0.693147180369123816490))),
    f64x2.mul(k, f64x2.splat(1.90821492927058770002e-10)),
  );
  // Estrin's scheme: pairs of terms side by side, since a chain of 13 products would leave the machine waiting.
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const a = pair(pair2(r, 1.0, 1.0), r2, pair2(r, 1.0 / 2.0, 1.0 / 6.0));
  const b = pair(pair2(r, 1.0 / 24.0, 1.0 / 120.0), r2, pair2(r, 1.0 / 720.0, 1.0 / 5040.0));
  const c = pair(pair2(r, 1.0 / 40320.0, 1.0 / 362880.0), r2, pair2(r, 1.0 / 3628800.0, 1.0 / 39916800.0));
  const d = pair2(r, 1.0 / 479001600.0, 1.0 / 6227020800.0);
  const p = pair(a, r4, pair(b, r4, pair(c, r4, d)));
  return i64x2.add(p, i64x2.shl(shifted, 52));
}

/**
 * log(1 + t) for 0 ≤ t ≤ 1: 2 atanh(z), z = (y − 1) / (y + 1), y = 1 + t, halved where above √2.
 * @param inverse 1 / (y + 1) as `log1pDivisor` gives y + 1.
 */
// @ts-ignore: decorator
@inline
export function log1p(t: v128, inverse: v128): v128 {
  const high = isHigh(t);
  const z = f64x2.mul(
    v128.bitselect(f64x2.mul(f64x2.sub(t, f64x2.splat(1.0)), f64x2.splat(0.5)), t, high),
    inverse,
  );
  const z2 = f64x2.mul(z, z);
  const z4 = f64x2.mul(z2, z2);
  const z8 = f64x2.mul(z4, z4);
  const a = pair(pair2(z2, 1.0, 1.0 / 3.0), z4, pair2(z2, 1.0 / 5.0, 1.0 / 7.0));
  const b = pair(pair2(z2, 1.0 / 9.0, 1.0 / 11.0), z4, pair2(z2, 1.0 / 13.0, 1.0 / 15.0));
  const c = pair(pair2(z2, 1.0 / 17.0, 1.0 / 19.0), z4, f64x2.splat(1.0 / 21.0));
  const p = pair(a, z8, pair(b, z8, c));
  const log = f64x2.mul(f64x2.add(z, z), p);
  return f64x2.add(log, v128.and(high, f64x2.splat(0.6931471805599453)));
}

/** y + 1 for `log1p`. */
// @ts-ignore: decorator
@inline
export function log1pDivisor(t: v128): v128 {
  const low = f64x2.add(t, f64x2.splat(2.0));
  return v128.bitselect(f64x2.mul(f64x2.add(t, f64x2.splat(3.0)), f64x2.splat(0.5)), low, isHigh(t));
}

// @ts-ignore: decorator
@inline
function isHigh(t: v128): v128 {
  return f64x2.gt(t, f64x2.splat(0.41421356237309515));
}

/** a + x · b */
// @ts-ignore: decorator
@inline
function pair(a: v128, x: v128, b: v128): v128 {
  return f64x2.add(a, f64x2.mul(x, b));
}

/** a + b · x */
// @ts-ignore: decorator
@inline
function pair2(x: v128, a: f64, b: f64): v128 {
  return f64x2.add(f64x2.splat(a), f64x2.mul(f64x2.splat(b), x));
}
