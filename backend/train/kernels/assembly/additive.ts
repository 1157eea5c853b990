import { address, number } from './control';
import { APART } from './histogram';

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
      b += load<f64>(own + (<usize>((eight >> 5) & 0x7f8)), 1 * APART);
      a += load<f64>(own + (<usize>((eight >> 13) & 0x7f8)), 2 * APART);
      b += load<f64>(own + (<usize>((eight >> 21) & 0x7f8)), 3 * APART);
      a += load<f64>(own + (<usize>((eight >> 29) & 0x7f8)), 4 * APART);
      b += load<f64>(own + (<usize>((eight >> 37) & 0x7f8)), 5 * APART);
      a += load<f64>(own + (<usize>((eight >> 45) & 0x7f8)), 6 * APART);
      b += load<f64>(own + (<usize>((eight >> 53) & 0x7f8)), 7 * APART);
      own += 8 * APART;
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
    for (let feature: usize = 0; feature < features; feature++) {
      const column = columns + feature * rows;
      for (let row = from; row < to; row++) store<u8>(codes + row * stride + feature, load<u8>(column + row));
    }
  }
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
