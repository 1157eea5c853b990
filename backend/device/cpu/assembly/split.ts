import { address, number } from './control';
import { FEATURE_STRIDE, smallHistogram } from './histogram';

/**
 * The best split of a node (Chen & Guestrin, "XGBoost", KDD 2016, eq. 7):
 * `gain = score(L) + score(R) − score(L + R)`, `score(G, H) = G² / (H + λ)`; bucket 0 (missing) is tried on both sides.
 * Under a monotone constraint or bounds, a side's value `w = clip(−G / (H + λ), low, high)` scores `−(2 G w + (H + λ) w²)`,
 * and splits whose values are out of order are refused.
 */

/** Bytes of one answer: gain f64, left gradient f64, left hessian f64, feature i32 (−1: none), threshold u8, shift u8, padding. */
const ANSWER: usize = 32;
const BUCKETS_BYTES: usize = 256 * 16;

// @ts-ignore: decorator
@inline
function score(g: f64, h: f64, lambda: f64, low: f64, high: f64, bounded: bool): f64 {
  if (!bounded) return (g * g) / (h + lambda);
  const w = min(max(-g / (h + lambda), low), high);
  return -(2 * g * w + (h + lambda) * w * w);
}

// @ts-ignore: decorator
@inline
function inOrder(g: f64, h: f64, rg: f64, rh: f64, lambda: f64, low: f64, high: f64, order: i32): bool {
  const left = min(max(-g / (h + lambda), low), high);
  const right = min(max(-rg / (rh + lambda), low), high);
  return order > 0 ? left <= right : left >= right;
}

/**
 * @param sums `f64x2[feature][256]` of one node; units of gradient and hessian are `gUnit`, `hUnit`.
 */
function findSplit(
  sums: usize, features: u32, buckets: usize, allowed: usize, orders: usize,
  totalG: f64, totalH: f64, gUnit: f64, hUnit: f64,
  lambda: f64, minChild: f64, low: f64, high: f64, answer: usize,
): void {
  let best: f64 = 0;
  store<i32>(answer, -1, 24);
  const finite = low > -Infinity || high < Infinity;
  for (let feature: u32 = 0; feature < features; feature++) {
    if (load<u8>(allowed + feature) == 0) continue;
    const own = sums + <usize>feature * BUCKETS_BYTES;
    const count = load<u32>(buckets + ((<usize>feature) << 2));
    const order = <i32>load<i8>(orders + feature);
    const bounded = finite || order != 0;
    const whole = score(totalG, totalH, lambda, low, high, bounded);
    const missingG = load<f64>(own) * gUnit;
    const missingH = load<f64>(own, 8) * hUnit;
    const hasMissing = missingH > 0 || missingG != 0;
    // shift 1: missing goes right; a threshold then counts from bucket 1.
    for (let shift: u32 = hasMissing ? 0 : 1; shift < 2; shift++) {
      let g: f64 = shift == 0 ? missingG : 0;
      let h: f64 = shift == 0 ? missingH : 0;
      // With missing on the left, "only missing goes left" is a split of its own.
      for (let bucket: u32 = shift; bucket < count; bucket++) {
        const cell = own + ((<usize>bucket) << 4);
        if (bucket > 0) {
          // A hessian may have rounded to nothing where the gradient did not.
          const dg = load<f64>(cell);
          const dh = load<f64>(cell, 8);
          if (dh == 0 && dg == 0) continue;
          g += dg * gUnit;
          h += dh * hUnit;
        }
        if (h < minChild) continue;
        const rh = totalH - h;
        if (rh < minChild) break;
        const rg = totalG - g;
        const gain =
          score(g, h, lambda, low, high, bounded) + score(rg, rh, lambda, low, high, bounded) - whole;
        if (gain > best && (order == 0 || inOrder(g, h, rg, rh, lambda, low, high, order))) {
          best = gain;
          store<f64>(answer, g, 8);
          store<f64>(answer, h, 16);
          store<i32>(answer, <i32>feature, 24);
          store<u8>(answer, <u8>(bucket - shift), 28);
          store<u8>(answer, <u8>shift, 29);
        }
      }
    }
  }
  store<f64>(answer, best);
}

/**
 * Best split of one node. Arguments: 0 codes, 1 stride, 2 values, 3 index, 4 node sums, 5 features, 6 buckets,
 * 7 nodes `{from, to, slot (−1: no stored sums), answer, totalG, totalH, low, high, allowed u32, least hessian of a child}` 64 bytes each,
 * 8 scratch of each thread, 9 its size, 10 answers, 11 allowed features `u8[set][features]`, 12 order of each feature
 * `i8[]`, 13 gUnit, 14 hUnit, 15 lambda.
 * A node without stored sums has few rows: its histogram is made here and forgotten.
 */
export function splitNode(control: usize, task: u32, thread: u32): void {
  const stride = address(control, 1);
  const features = <u32>number(control, 5);
  const buckets = address(control, 6);
  const node = address(control, 7) + <usize>task * 64;
  const slot = load<i32>(node, 8);
  const allowed = address(control, 11) + <usize>load<u32>(node, 48) * features;
  let sums = address(control, 4) + <usize>max(slot, 0) * features * BUCKETS_BYTES;
  if (slot < 0) {
    const scratch = address(control, 8) + <usize>thread * address(control, 9);
    sums = scratch + stride * FEATURE_STRIDE;
    smallHistogram(
      address(control, 0), stride, address(control, 2), address(control, 3),
      load<u32>(node), load<u32>(node, 4), features, allowed, buckets, scratch, sums,
    );
  }
  findSplit(
    sums, features, buckets, allowed, address(control, 12),
    load<f64>(node, 16), load<f64>(node, 24), number(control, 13), number(control, 14),
    number(control, 15), load<f64>(node, 56), load<f64>(node, 32), load<f64>(node, 40),
    address(control, 10) + <usize>load<u32>(node, 12) * ANSWER,
  );
}
