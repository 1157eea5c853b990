import { address, number } from './control';

/**
 * The histogram, on which trees and additive scores are trained: `sums[feature][code] += value` over rows, values and sums whole numbers of
 * 64 bits. Whole numbers make every order of addition give the same sum, on any number of threads, and let one
 * addition carry two sums: a packed value is `gradient · 2³² + hessian`, |gradient| < 2¹⁵, 0 ≤ hessian < 2¹⁶,
 * which 65,535 rows cannot overflow. A wide value is one number that cannot overflow in all rows.
 *
 * Codes are row-major, each row padded to a multiple of 8 bytes, so that the inner loop takes eight at a time.
 */

const BUCKETS_BYTES: usize = 256 * 8;
/** As in `loaded-codes.ts`, in bytes. */
export const FEATURE_STRIDE: usize = BUCKETS_BYTES + 64;

/** Rows that are gathered before they are summed: many, so that the wait for the last of them is shared by all. */
const GATHERED: usize = 1024;
// @ts-ignore: decorator
@inline
function addRow(codes: usize, stride: usize, value: i64, sums: usize): void {
  let own = sums;
  for (let at: usize = 0; at < stride; at += 8) {
    let cell = own + ((<usize>load<u8>(codes + at, 0)) << 3);
    store<i64>(cell, load<i64>(cell, 0 * FEATURE_STRIDE) + value, 0 * FEATURE_STRIDE);
    cell = own + ((<usize>load<u8>(codes + at, 1)) << 3);
    store<i64>(cell, load<i64>(cell, 1 * FEATURE_STRIDE) + value, 1 * FEATURE_STRIDE);
    cell = own + ((<usize>load<u8>(codes + at, 2)) << 3);
    store<i64>(cell, load<i64>(cell, 2 * FEATURE_STRIDE) + value, 2 * FEATURE_STRIDE);
    cell = own + ((<usize>load<u8>(codes + at, 3)) << 3);
    store<i64>(cell, load<i64>(cell, 3 * FEATURE_STRIDE) + value, 3 * FEATURE_STRIDE);
    cell = own + ((<usize>load<u8>(codes + at, 4)) << 3);
    store<i64>(cell, load<i64>(cell, 4 * FEATURE_STRIDE) + value, 4 * FEATURE_STRIDE);
    cell = own + ((<usize>load<u8>(codes + at, 5)) << 3);
    store<i64>(cell, load<i64>(cell, 5 * FEATURE_STRIDE) + value, 5 * FEATURE_STRIDE);
    cell = own + ((<usize>load<u8>(codes + at, 6)) << 3);
    store<i64>(cell, load<i64>(cell, 6 * FEATURE_STRIDE) + value, 6 * FEATURE_STRIDE);
    cell = own + ((<usize>load<u8>(codes + at, 7)) << 3);
    store<i64>(cell, load<i64>(cell, 7 * FEATURE_STRIDE) + value, 7 * FEATURE_STRIDE);
    own += 8 * FEATURE_STRIDE;
  }
}

/**
 * @param index row numbers `u32[]`, or 0: rows `from .. to − 1` themselves.
 * Rows that lie apart are first copied side by side: the copies are many loads that do not wait for each other,
 * where rows summed one by one would each wait for memory.
 */
function accumulate(
  codes: usize,
  stride: usize,
  values: usize,
  index: usize,
  from: u32,
  to: u32,
  sums: usize,
  gathered: usize,
): void {
  if (index == 0) {
    for (let row: usize = from; row < <usize>to; row++)
      addRow(codes + row * stride, stride, load<i64>(values + (row << 3)), sums);
    return;
  }
  for (let first: usize = from; first < <usize>to; first += GATHERED) {
    const end = min(first + GATHERED, <usize>to);
    let cell = gathered;
    for (let i = first; i < end; i++) {
      const row = <usize>load<u32>(index + (i << 2));
      const start = codes + row * stride;
      for (let at: usize = 0; at < stride; at += 8) store<u64>(cell + at, load<u64>(start + at));
      store<i64>(cell + stride, load<i64>(values + (row << 3)));
      cell += stride + 8;
    }
    for (let row = gathered; row < cell; row += stride + 8)
      addRow(row, stride, load<i64>(row + stride), sums);
  }
}

// @ts-ignore: decorator
@inline
function lock(word: usize): void {
  while (atomic.cmpxchg<i32>(word, 0, 1) != 0) {}
}

// @ts-ignore: decorator
@inline
function unlock(word: usize): void {
  atomic.store<i32>(word, 0);
}

/** One packed sum as (gradient, hessian) in f64: whole numbers, exact. */
// @ts-ignore: decorator
@inline
export function unpack(packed: i64): v128 {
  return f64x2.replace_lane(f64x2.splat(<f64>(packed >> 32)), 1, <f64>(<u32>packed));
}

/**
 * Packed sums over one block of one node's rows.
 * Arguments: 0 codes, 1 stride, 2 values, 3 index or 0, 4 blocks `{from, to, node, alone}` u32 × 4,
 * 5 node sums `f64x2[node][feature][256]`, 6 features, 7 locks (one word per node), 8 scratch of each thread (packed
 * sums, then room for gathered rows: 1024 × (stride + 8) bytes), 9 its size in bytes, 10 buckets of each feature `u32[]`.
 * `alone`: no other block adds to the node, so its sums are stored; else they are added under a lock.
 */
export function histogramBlock(control: usize, task: u32, thread: u32): void {
  const stride = address(control, 1);
  const block = address(control, 4) + ((<usize>task) << 4);
  const features = <u32>number(control, 6);
  const scratchBytes = address(control, 9);
  const scratch = address(control, 8) + <usize>thread * scratchBytes;
  const buckets = address(control, 10);
  memory.fill(scratch, 0, stride * FEATURE_STRIDE);
  accumulate(
    address(control, 0), stride, address(control, 2), address(control, 3),
    load<u32>(block), load<u32>(block, 4), scratch, scratch + stride * FEATURE_STRIDE,
  );
  const node = load<u32>(block, 8);
  const alone = load<u32>(block, 12) != 0;
  const word = address(control, 7) + ((<usize>node) << 2);
  const sums = address(control, 5) + (<usize>node * features) * (2 * BUCKETS_BYTES);
  if (!alone) lock(word);
  for (let feature: u32 = 0; feature < features; feature++) {
    const own = scratch + <usize>feature * FEATURE_STRIDE;
    const into = sums + <usize>feature * (2 * BUCKETS_BYTES);
    const end = (<usize>load<u32>(buckets + ((<usize>feature) << 2))) << 3;
    for (let at: usize = 0; at < end; at += 8) {
      const pair = unpack(load<i64>(own + at));
      const cell = into + (at << 1);
      v128.store(cell, alone ? pair : f64x2.add(v128.load(cell), pair));
    }
  }
  if (!alone) unlock(word);
}

/**
 * Wide sums over one block of all rows, into the thread's own sums; the caller adds the threads' up.
 * Arguments: 0 codes, 1 stride, 2 values, 3 rows, 4 rows per block, 5 sums `i64[thread][stride][264]`, 256 used, zeroed by the caller.
 */
export function histogramWide(control: usize, task: u32, thread: u32): void {
  const stride = address(control, 1);
  const rows = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const from = task * perBlock;
  const sums = address(control, 5) + <usize>thread * stride * FEATURE_STRIDE;
  accumulate(
    address(control, 0), stride, address(control, 2), 0,
    from, min(from + perBlock, rows), sums, 0,
  );
}

/** As in `additive-loss.ts`, in bytes. */
const PAIRS_STRIDE: usize = 256 * 16 + 64;

// @ts-ignore: decorator
@inline
function addTo(cell: usize, pair: v128): void {
  v128.store(cell, i64x2.add(v128.load(cell), pair));
}

/**
 * Sums of pairs of i32 over one block of all rows, into the thread's own sums, two of 64 bits for each bucket; the caller adds
 * the threads' up. One pass over the codes gives what two of `histogramWide` would.
 * Arguments: 0 codes, 1 stride, 2 values, 3 rows, 4 rows per block, 5 sums `i64[thread][stride][260][2]`, 256 used, zeroed by the caller.
 */
export function histogramPairs(control: usize, task: u32, thread: u32): void {
  const stride = address(control, 1);
  const rows = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const values = address(control, 2);
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  const sums = address(control, 5) + <usize>thread * stride * PAIRS_STRIDE;
  for (let row = from; row < to; row++) {
    const start = address(control, 0) + <usize>row * stride;
    const pair = i64x2.extend_low_i32x4_s(v128.load64_zero(values + ((<usize>row) << 3)));
    let own = sums;
    for (let at: usize = 0; at < stride; at += 8) {
      addTo(own + ((<usize>load<u8>(start + at, 0)) << 4), pair);
      addTo(own + 1 * PAIRS_STRIDE + ((<usize>load<u8>(start + at, 1)) << 4), pair);
      addTo(own + 2 * PAIRS_STRIDE + ((<usize>load<u8>(start + at, 2)) << 4), pair);
      addTo(own + 3 * PAIRS_STRIDE + ((<usize>load<u8>(start + at, 3)) << 4), pair);
      addTo(own + 4 * PAIRS_STRIDE + ((<usize>load<u8>(start + at, 4)) << 4), pair);
      addTo(own + 5 * PAIRS_STRIDE + ((<usize>load<u8>(start + at, 5)) << 4), pair);
      addTo(own + 6 * PAIRS_STRIDE + ((<usize>load<u8>(start + at, 6)) << 4), pair);
      addTo(own + 7 * PAIRS_STRIDE + ((<usize>load<u8>(start + at, 7)) << 4), pair);
      own += 8 * PAIRS_STRIDE;
    }
  }
}

/** node ← parent − other, in the parent's place. Arguments: 0 triples `{parent, other}` u32 × 2, 1 node sums, 2 features, 3 buckets. */
export function subtractNode(control: usize, task: u32, _thread: u32): void {
  const pair = address(control, 0) + ((<usize>task) << 3);
  const features = <usize>number(control, 2);
  const sums = address(control, 1);
  const buckets = address(control, 3);
  const node = features * (2 * BUCKETS_BYTES);
  const parent = sums + <usize>load<u32>(pair) * node;
  const other = sums + <usize>load<u32>(pair, 4) * node;
  for (let feature: usize = 0; feature < features; feature++) {
    const from = feature * (2 * BUCKETS_BYTES);
    const end = from + ((<usize>load<u32>(buckets + (feature << 2))) << 4);
    for (let at = from; at < end; at += 16)
      v128.store(parent + at, f64x2.sub(v128.load(parent + at), v128.load(other + at)));
  }
}

/** Fused for nodes of few rows: packed sums in the thread's scratch, unpacked for the features asked for. */
export function smallHistogram(
  codes: usize,
  stride: usize,
  values: usize,
  index: usize,
  from: u32,
  to: u32,
  features: u32,
  allowed: usize,
  buckets: usize,
  scratch: usize,
  into: usize,
): void {
  memory.fill(scratch, 0, stride * FEATURE_STRIDE);
  accumulate(codes, stride, values, index, from, to, scratch, into);
  for (let feature: u32 = 0; feature < features; feature++) {
    if (load<u8>(allowed + feature) == 0) continue;
    const own = scratch + <usize>feature * FEATURE_STRIDE;
    const sums = into + <usize>feature * (2 * BUCKETS_BYTES);
    const end = (<usize>load<u32>(buckets + ((<usize>feature) << 2))) << 3;
    for (let at: usize = 0; at < end; at += 8) v128.store(sums + (at << 1), unpack(load<i64>(own + at)));
  }
}
