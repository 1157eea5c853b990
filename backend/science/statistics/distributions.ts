/**
 * The distributions that tests and intervals need (normal, Student's t, χ²), computed by the regularised incomplete
 * gamma and beta functions. Their relative error, also in the tails, is under 1e-10 up to 1e7 degrees of freedom and
 * under 1e-8 up to 1e9.
 */

/** Half the width of a 95 % normal interval, in standard errors: `normalQuantile(0.975)`. */
export const Z95 = 1.959963984540054;

/** P(X ≤ x), standard normal. */
export function normalCdf(x: number): number {
  const tail = gammaTail(0.5, (x * x) / 2) / 2;
  return x < 0 ? tail : 1 - tail;
}

/** The x with P(X ≤ x) = p, standard normal; ±∞ at 0 and 1. @throws where p is not in 0..1. */
export const normalQuantile = (p: number): number =>
  quantile(
    p,
    (x) => gammaTail(0.5, (x * x) / 2) / 2,
    (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI),
  );

/** P(T ≤ t), Student's t with `df` > 0 degrees of freedom (need not be whole). */
export function studentCdf(t: number, df: number): number {
  const tail = studentTail(Math.abs(t), df);
  return t < 0 ? tail : 1 - tail;
}

/** P(|T| ≥ |t|): the two-sided p-value. */
export const studentTwoSided = (t: number, df: number): number => 2 * studentTail(Math.abs(t), df);

/** The t with P(T ≤ t) = p. */
export const studentQuantile = (p: number, df: number): number =>
  quantile(
    p,
    (t) => studentTail(t, df),
    // From x = df / (df + t²): dI/dt = 2·xᵃ(1−x)ᵇ / (B(a, b)·t), of which one tail has half.
    (t) => betaFront(df / (df + t * t), (t * t) / (df + t * t), df / 2, 0.5) / t,
  );

/** P(X ≥ x), χ² with `df` degrees of freedom. */
export const chiSquareTail = (x: number, df: number): number => gammaTail(df / 2, x / 2);

/** P(T ≥ t) for t ≥ 0. */
function studentTail(t: number, df: number): number {
  if (!(df > 0)) throw new Error(`degrees of freedom must be above 0, not ${df}`);
  if (t === Infinity) return 0;
  const square = t * t;
  return incompleteBeta(df / (df + square), df / 2, 0.5, square / (df + square)) / 2;
}

/**
 * Regularised incomplete beta function I_x(a, b) by Lentz's continued fraction (Press et al., Numerical Recipes 6.4).
 * @param y 1 − x, passed separately to keep its precision where x is near 1.
 */
export function incompleteBeta(x: number, a: number, b: number, y = 1 - x): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  return x < (a + 1) / (a + b + 2)
    ? (betaFront(x, y, a, b) * betaFraction(x, a, b)) / a
    : 1 - (betaFront(x, y, a, b) * betaFraction(y, b, a)) / b;
}

/** Q(a, x) = Γ(a, x) / Γ(a), by its series below a + 1 and by its continued fraction above (NR 6.2). */
export function gammaTail(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.sqrt(a / TAU) * Math.exp(a * Math.log(x / a) + (a - x) - stirlingError(a));
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = 1; term > sum * EPSILON; n++) sum += term *= x / (a + n);
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let [c, d] = [1 / TINY, 1 / b];
  let value = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / nonZero(numerator * d + b);
    c = nonZero(b + numerator / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < EPSILON) break;
  }
  return front * value;
}

const TAU = 2 * Math.PI;
const EPSILON = 1e-16;
const TINY = 1e-300;
const MAX_TERMS = 200_000;
const nonZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

/** xᵃ yᵇ / B(a, b) in saddle-point form, which avoids cancellation for large a and b (Loader, 2000). */
function betaFront(x: number, y: number, a: number, b: number): number {
  const n = a + b;
  const logRatio = (value: number, other: number, share: number, rest: number) =>
    value > 0.5
      ? Math.log1p(-other) - Math.log1p(-rest / n)
      : Math.log(value) - Math.log(share / n);
  const exponent = a * logRatio(x, y, a, b) + b * logRatio(y, x, b, a);
  const errors = stirlingError(n) - stirlingError(a) - stirlingError(b);
  return Math.sqrt((a * b) / (TAU * n)) * Math.exp(exponent + errors);
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    value *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < EPSILON) break;
  }
  return value;
}

/** δ(z) = ln Γ(z) − [(z − ½) ln z − z + ½ ln 2π]: Stirling's series from 15 up, the recurrence of Γ below. */
function stirlingError(z: number): number {
  let sum = 0;
  let at = z;
  for (; at < 15; at++) sum += (at + 0.5) * Math.log1p(1 / at) - 1;
  const square = 1 / (at * at);
  const series =
    1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)));
  return sum + series / at;
}

/**
 * Quantile of a distribution that is symmetric about 0, by Newton's method on the log of the tail as a function of log
 * x: there power-law tails are straight lines and the normal tail is smooth. Bisection takes over where a Newton step
 * would leave the bracket.
 * @param tail P(X ≥ x) for x > 0. @param density the negative derivative of `tail`.
 */
function quantile(p: number, tail: (x: number) => number, density: (x: number) => number): number {
  if (!(p >= 0 && p <= 1)) throw new Error(`a probability must be in 0..1, not ${p}`);
  if (p === 0.5) return 0;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  const target = Math.min(p, 1 - p);
  let [low, high] = [-80, 710];
  let u = 0;
  for (let step = 0; step < 200; step++) {
    const x = Math.exp(u);
    const found = tail(x);
    if (found > target) low = u;
    else high = u;
    const move = (found * Math.log(found / target)) / (density(x) * x);
    const next = u + move;
    const inside = next > low && next < high;
    // A tail that has underflowed to 0 has no slope: bisect.
    u = inside ? next : (low + high) / 2;
    if (inside && Math.abs(move) < 1e-15 * Math.max(1, Math.abs(u))) break;
    if (high - low < 1e-15) break;
  }
  return p < 0.5 ? -Math.exp(u) : Math.exp(u);
}
