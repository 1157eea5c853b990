import { address, number } from './control';
import { FEATURE_STRIDE } from './histogram';

/**
 * `scores[row] = Σ weights[feature][code]`, f64. Arguments: 0 codes, 1 stride, 2 weights `f64[stride][264]`
 * (256 used; 0 for padding), 3 rows, 4 rows per block, 5 scores.
 */
export function additive(control: usize, task: u32, _thread: u32): void {
  const codes = address(control, 0);
  const stride = address(control, 1);
  const weights = address(control, 2);
  const rows = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const scores = address(control, 5);
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  for (let row = from; row < to; row++) {
    const start = codes + <usize>row * stride;
    let own = weights;
    let a: f64 = 0;
    let b: f64 = 0;
    for (let at: usize = 0; at < stride; at += 8) {
      const eight = load<u64>(start + at);
      a += load<f64>(own + (<usize>((eight << 3) & 0x7f8)));
      b += load<f64>(own + (<usize>((eight >> 5) & 0x7f8)), 1 * FEATURE_STRIDE);
      a += load<f64>(own + (<usize>((eight >> 13) & 0x7f8)), 2 * FEATURE_STRIDE);
      b += load<f64>(own + (<usize>((eight >> 21) & 0x7f8)), 3 * FEATURE_STRIDE);
      a += load<f64>(own + (<usize>((eight >> 29) & 0x7f8)), 4 * FEATURE_STRIDE);
      b += load<f64>(own + (<usize>((eight >> 37) & 0x7f8)), 5 * FEATURE_STRIDE);
      a += load<f64>(own + (<usize>((eight >> 45) & 0x7f8)), 6 * FEATURE_STRIDE);
      b += load<f64>(own + (<usize>((eight >> 53) & 0x7f8)), 7 * FEATURE_STRIDE);
      own += 8 * FEATURE_STRIDE;
    }
    store<f64>(scores + ((<usize>row) << 3), a + b);
  }
}

/** `into = a · x + b · y`. Arguments: 0 x, 1 y, 2 into, 3 rows, 4 rows per block, 5 a, 6 b. */
export function combine(control: usize, task: u32, _thread: u32): void {
  const x = address(control, 0);
  const y = address(control, 1);
  const into = address(control, 2);
  const rows = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const a = number(control, 5);
  const b = number(control, 6);
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  for (let at = (<usize>from) << 3, end = (<usize>to) << 3; at < end; at += 8)
    store<f64>(into + at, a * load<f64>(x + at) + b * load<f64>(y + at));
}

/** Row-major copies of columns. Arguments: 0 columns, 1 rows, 2 features, 3 codes, 4 stride, 5 rows per block. */
export function transpose(control: usize, task: u32, _thread: u32): void {
  const columns = address(control, 0);
  const rows = address(control, 1);
  const features = address(control, 2);
  const codes = address(control, 3);
  const stride = address(control, 4);
  const perBlock = address(control, 5);
  const first = <usize>task * perBlock;
  const end = min(first + perBlock, rows);
  // 64 rows at a time: what is written stays in the nearest cache until it is whole.
  for (let from = first; from < end; from += 64) {
    const to = min(from + 64, end);
    for (let feature: usize = 0; feature < features; feature += 8) {
      const column = columns + feature * rows;
      const into = codes + feature;
      let row = from;
      if (feature + 8 <= features)
        for (; row + 8 <= to; row += 8) turnEight(column + row, rows, into + row * stride, stride);
      const width = min<usize>(8, features - feature);
      for (; row < to; row++)
        for (let i: usize = 0; i < width; i++)
          store<u8>(into + row * stride + i, load<u8>(column + i * rows + row));
    }
  }
}

/** Eight columns of eight rows become eight rows of eight columns. */
// @ts-ignore: decorator
@inline
function turnEight(from: usize, rows: usize, to: usize, stride: usize): void {
  // Neighbouring columns by bytes, then pairs of columns by pairs of bytes, then fours by fours.
  const ab = zip(v128.load64_zero(from), v128.load64_zero(from + rows));
  const cd = zip(v128.load64_zero(from + 2 * rows), v128.load64_zero(from + 3 * rows));
  const ef = zip(v128.load64_zero(from + 4 * rows), v128.load64_zero(from + 5 * rows));
  const gh = zip(v128.load64_zero(from + 6 * rows), v128.load64_zero(from + 7 * rows));
  const a = v128.shuffle<i16>(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11);
  const b = v128.shuffle<i16>(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15);
  const c = v128.shuffle<i16>(ef, gh, 0, 8, 1, 9, 2, 10, 3, 11);
  const d = v128.shuffle<i16>(ef, gh, 4, 12, 5, 13, 6, 14, 7, 15);
  put(to, stride, v128.shuffle<i32>(a, c, 0, 4, 1, 5));
  put(to + 2 * stride, stride, v128.shuffle<i32>(a, c, 2, 6, 3, 7));
  put(to + 4 * stride, stride, v128.shuffle<i32>(b, d, 0, 4, 1, 5));
  put(to + 6 * stride, stride, v128.shuffle<i32>(b, d, 2, 6, 3, 7));
}

// @ts-ignore: decorator
@inline
function zip(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// @ts-ignore: decorator
@inline
function put(to: usize, stride: usize, twoRows: v128): void {
  v128.store64_lane(to, twoRows, 0);
  v128.store64_lane(to + stride, twoRows, 1);
}

/** 1 + the largest code of one column. Arguments: 0 columns, 1 rows, 2 answers u32 per column. */
export function countBuckets(control: usize, task: u32, _thread: u32): void {
  const rows = address(control, 1);
  const first = address(control, 0) + <usize>task * rows;
  const end = first + rows;
  let most = i8x16.splat(0);
  let at = first;
  for (; at + 16 <= end; at += 16) most = i8x16.max_u(most, v128.load(at));
  let largest: u32 = 0;
  for (; at < end; at++) largest = max(largest, <u32>load<u8>(at));
  most = i8x16.max_u(most, i8x16.shuffle(most, most, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  for (let half = i64x2.extract_lane(most, 0); half != 0; half = <i64>(<u64>half >> 8))
    largest = max(largest, <u32>(half & 255));
  store<u32>(address(control, 2) + ((<usize>task) << 2), 1 + largest);
}
