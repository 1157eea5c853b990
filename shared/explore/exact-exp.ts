/**
 * `eˣ` for x ≤ 0, with the same bits on every JavaScript engine. The language does not define the last digit of
 * Math.exp, and workerd and Node do give different ones, but a logged draw must replay exactly on both. Only
 * operations that IEEE 754 defines exactly are used: x = k · ln 2 + r, a rational approximation of eʳ, and repeated
 * halving. Error: at most one unit in the last place (fdlibm's e_exp.c, Sun Microsystems, 1993).
 */
export function exactExp(x: number): number {
  if (x < MIN_EXPONENT) return 0;
  const k = Math.round(x * Math.LOG2E);
  // ln 2 is split in two parts; the first has so few digits that its product with k is exact.
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  return halved(1 - (low - (r * c) / (2 - c) - high), -k);
}

/** Below this, eˣ rounds to 0. */
const MIN_EXPONENT = -745.14;
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.9082149292705877e-10;
const P1 = 1.66666666666666019037e-1;
const P2 = -2.77777777770155933842e-3;
const P3 = 6.61375632143793436117e-5;
const P4 = -1.6533902205465251539e-6;
const P5 = 4.13813679705723846039e-8;

function halved(value: number, times: number): number {
  let left = value;
  for (let n = times, power = 0.5; n > 0; n >>= 1, power *= power) if ((n & 1) === 1) left *= power;
  return left;
}
