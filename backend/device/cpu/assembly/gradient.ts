import { address, number } from './control';
import { exp, log1p, log1pDivisor } from './math';

/**
 * Loss, gradient and hessian of each row. `values` (8 bytes a row) takes what `mode` says:
 * 0 nothing, 1 gradient as f64, 2 hessian as f64, 3 both as f32 (gradient first).
 * Each block leaves `{loss, largest |gradient|, largest hessian}` f64 × 3 in `totals`.
 */
export const NOTHING: i32 = 0;
export const GRADIENT: i32 = 1;
export const HESSIAN: i32 = 2;
export const BOTH: i32 = 3;

// @ts-ignore: decorator
@inline
export function put(cell: usize, mode: i32, g: f64, h: f64): void {
  if (mode == BOTH) {
    store<f32>(cell, <f32>g);
    store<f32>(cell, <f32>h, 4);
  } else if (mode == GRADIENT) store<f64>(cell, g);
  else if (mode == HESSIAN) store<f64>(cell, h);
}

/**
 * `w (log(1 + eˢ) − y s)`. Arguments: 0 scores, 1 labels f32, 2 weights f32 or 0, 3 rows, 4 rows per block (even),
 * 5 values, 6 mode, 7 totals. Arrays have room for one entry past an odd end.
 */
export function logistic(control: usize, task: u32, _thread: u32): void {
  const scores = address(control, 0);
  const labels = address(control, 1);
  const weights = address(control, 2);
  const rows = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const values = address(control, 5);
  const mode = <i32>number(control, 6);
  const totals = address(control, 7) + <usize>task * 24;
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  const one = f64x2.splat(1);
  const zero = f64x2.splat(0);
  let loss = zero;
  let mostG = zero;
  let mostH = zero;
  // Without weights, Σ log(1 + t) is the logarithm of a product, which a factor of at most 2 a row keeps finite.
  let product = one;
  for (let row = from; row < to; row += 2) {
    const s = v128.load(scores + ((<usize>row) << 3));
    const y = f64x2.promote_low_f32x4(v128.load64_zero(labels + ((<usize>row) << 2)));
    let w = weights == 0 ? one : f64x2.promote_low_f32x4(v128.load64_zero(weights + ((<usize>row) << 2)));
    const isOddEnd = row + 1 == to;
    if (isOddEnd) w = f64x2.replace_lane(w, 1, 0);
    const t = exp(f64x2.neg(f64x2.abs(s)));
    const positive = f64x2.ge(s, zero);
    const whole = f64x2.add(one, t);
    let inverse: v128;
    let linear = f64x2.sub(f64x2.max(s, zero), f64x2.mul(y, s));
    if (weights == 0) {
      inverse = f64x2.div(one, whole);
      product = f64x2.mul(product, isOddEnd ? f64x2.replace_lane(whole, 1, 1) : whole);
      if ((row & 1022) == 1022) {
        loss = f64x2.add(loss, logs(product));
        product = one;
      }
    } else {
      // One division for two quotients.
      const divisor = log1pDivisor(t);
      const both = f64x2.div(one, f64x2.mul(whole, divisor));
      inverse = f64x2.mul(both, divisor);
      linear = f64x2.add(linear, log1p(t, f64x2.mul(both, whole)));
    }
    const p = v128.bitselect(inverse, f64x2.mul(t, inverse), positive);
    const g = f64x2.mul(w, f64x2.sub(p, y));
    const h = f64x2.mul(w, f64x2.mul(p, f64x2.sub(one, p)));
    loss = f64x2.add(loss, f64x2.mul(w, linear));
    mostG = f64x2.max(mostG, f64x2.abs(g));
    mostH = f64x2.max(mostH, h);
    // An odd end writes into the entry past it, which is there to be written.
    const cell = values + ((<usize>row) << 3);
    if (mode == BOTH)
      v128.store(
        cell,
        v128.shuffle<f32>(f32x4.demote_f64x2_zero(g), f32x4.demote_f64x2_zero(h), 0, 4, 1, 5),
      );
    else if (mode == GRADIENT) v128.store(cell, g);
    else if (mode == HESSIAN) v128.store(cell, h);
  }
  loss = f64x2.add(loss, logs(product));
  store<f64>(totals, f64x2.extract_lane(loss, 0) + f64x2.extract_lane(loss, 1));
  store<f64>(totals, max(f64x2.extract_lane(mostG, 0), f64x2.extract_lane(mostG, 1)), 8);
  store<f64>(totals, max(f64x2.extract_lane(mostH, 0), f64x2.extract_lane(mostH, 1)), 16);
}

// @ts-ignore: decorator
@inline
function logs(x: v128): v128 {
  return f64x2.replace_lane(
    f64x2.splat(Math.log(f64x2.extract_lane(x, 0))), 1, Math.log(f64x2.extract_lane(x, 1)),
  );
}

/** `w (s − y)² / 2`. Arguments as for `logistic`. */
export function squared(control: usize, task: u32, _thread: u32): void {
  const scores = address(control, 0);
  const labels = address(control, 1);
  const weights = address(control, 2);
  const rows = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const values = address(control, 5);
  const mode = <i32>number(control, 6);
  const totals = address(control, 7) + <usize>task * 24;
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  let loss: f64 = 0;
  let mostG: f64 = 0;
  let mostH: f64 = 0;
  for (let row = from; row < to; row++) {
    const w: f64 = weights == 0 ? 1 : <f64>load<f32>(weights + ((<usize>row) << 2));
    const r = load<f64>(scores + ((<usize>row) << 3)) - <f64>load<f32>(labels + ((<usize>row) << 2));
    loss += (w * r * r) / 2;
    mostG = max(mostG, abs(w * r));
    mostH = max(mostH, w);
    put(values + ((<usize>row) << 3), mode, w * r, w);
  }
  store<f64>(totals, loss);
  store<f64>(totals, mostG, 8);
  store<f64>(totals, mostH, 16);
}

/**
 * Rounds pairs of f32 to packed whole numbers, in place: `⌊value · scale + dither⌋`. The dither, a Weyl sequence
 * over rows, makes the rounding unbiased: small hessians add up instead of vanishing.
 * Arguments: 0 values, 1 rows, 2 rows per block, 3 gradient scale, 4 hessian scale, 5 start of the dither in [0, 1),
 * 6 copies of each row `u8[]` or 0 (a bootstrap sample).
 */
export function pack(control: usize, task: u32, _thread: u32): void {
  const values = address(control, 0);
  const rows = <u32>number(control, 1);
  const perBlock = <u32>number(control, 2);
  const gScale = number(control, 3);
  const hScale = number(control, 4);
  const start = number(control, 5);
  const copies = address(control, 6);
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  // The golden ratio's fraction in 32 bits: whole-number arithmetic wraps by itself.
  let dither: u32 = <u32>(start * 4294967296.0) + from * 2654435769;
  for (let row = from; row < to; row++) {
    const cell = values + ((<usize>row) << 3);
    const u = <f64>dither * (1.0 / 4294967296.0);
    dither += 2654435769;
    let g = <i64>Math.floor(<f64>load<f32>(cell) * gScale + u);
    let h = <i64>(<f64>load<f32>(cell, 4) * hScale + u);
    if (copies != 0) {
      const n = <i64>load<u8>(copies + row);
      g *= n;
      h *= n;
    }
    store<i64>(cell, (g << 32) + h);
  }
}

/** Rounds f64 to whole numbers, in place. Arguments: 0 values, 1 rows, 2 rows per block, 3 scale. */
export function widen(control: usize, task: u32, _thread: u32): void {
  const values = address(control, 0);
  const rows = <u32>number(control, 1);
  const perBlock = <u32>number(control, 2);
  const scale = number(control, 3);
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  for (let row = from; row < to; row++) {
    const cell = values + ((<usize>row) << 3);
    store<i64>(cell, <i64>nearest(load<f64>(cell) * scale));
  }
}

/**
 * Rounds pairs of f32 to pairs of i32, in place. Arguments: 0 values, 1 rows, 2 rows per block, 3 scale of the first of each
 * pair, 4 of the second.
 */
export function widenPairs(control: usize, task: u32, _thread: u32): void {
  const values = address(control, 0);
  const rows = <u32>number(control, 1);
  const perBlock = <u32>number(control, 2);
  const scale = f64x2.replace_lane(f64x2.splat(number(control, 3)), 1, number(control, 4));
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  for (let row = from; row < to; row++) {
    const cell = values + ((<usize>row) << 3);
    const pair = f64x2.promote_low_f32x4(v128.load64_zero(cell));
    v128.store64_lane(cell, i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(pair, scale))), 0);
  }
}
