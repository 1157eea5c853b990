import { address, number } from './control';

/**
 * Stable partition of a node's rows by its split, in two steps over blocks: `splitBlock` writes each block's left
 * and right rows apart and counts them; once the caller has added the counts up, `placeBlock` copies them home.
 * Block: `{from, to, feature, threshold, shift, lefts (out), leftAt, rightAt}` u32 × 8.
 */
const BLOCK: usize = 32;

/** Arguments: 0 columns (feature-major codes), 1 rows, 2 index, 3 lefts, 4 rights, 5 blocks. */
export function splitBlock(control: usize, task: u32, _thread: u32): void {
  const block = address(control, 5) + <usize>task * BLOCK;
  const from = load<u32>(block);
  const to = load<u32>(block, 4);
  const column = address(control, 0) + <usize>load<u32>(block, 8) * address(control, 1);
  const threshold = load<u32>(block, 12);
  const shift = load<u32>(block, 16);
  const index = address(control, 2);
  let left = address(control, 3) + ((<usize>from) << 2);
  let right = address(control, 4) + ((<usize>from) << 2);
  const first = left;
  for (let at = index + ((<usize>from) << 2), end = index + ((<usize>to) << 2); at < end; at += 4) {
    const row = load<u32>(at);
    const goes = <usize>(((<u32>load<u8>(column + row) - shift) & 255) <= threshold);
    // Both are written, one of them advances: no branch to guess wrong.
    store<u32>(left, row);
    store<u32>(right, row);
    left += goes << 2;
    right += (goes ^ 1) << 2;
  }
  store<u32>(block, <u32>((left - first) >> 2), 20);
}

/** Arguments as above. */
export function placeBlock(control: usize, task: u32, _thread: u32): void {
  const block = address(control, 5) + <usize>task * BLOCK;
  const from = <usize>load<u32>(block);
  const lefts = <usize>load<u32>(block, 20);
  const index = address(control, 2);
  memory.copy(
    index + ((<usize>load<u32>(block, 24)) << 2),
    address(control, 3) + (from << 2),
    lefts << 2,
  );
  memory.copy(
    index + ((<usize>load<u32>(block, 28)) << 2),
    address(control, 4) + (from << 2),
    (<usize>load<u32>(block, 4) - from - lefts) << 2,
  );
}

/** Adds a leaf's value to its rows' scores. Arguments: 0 index, 1 blocks `{from, to, value f64}` 16 bytes, 2 scores f64. */
export function addLeaf(control: usize, task: u32, _thread: u32): void {
  const index = address(control, 0);
  const block = address(control, 1) + ((<usize>task) << 4);
  const scores = address(control, 2);
  const value = load<f64>(block, 8);
  const end = index + ((<usize>load<u32>(block, 4)) << 2);
  for (let at = index + ((<usize>load<u32>(block)) << 2); at < end; at += 4) {
    const cell = scores + ((<usize>load<u32>(at)) << 3);
    store<f64>(cell, load<f64>(cell) + value);
  }
}

/**
 * Adds a tree's value to rows it was not grown on.
 * Arguments: 0 columns, 1 rows, 2 rows per block, 3 nodes `{feature u32, threshold u16, shift u16, left u32, padding, value f64}` 24 bytes, 4 scores.
 */
export function addTree(control: usize, task: u32, _thread: u32): void {
  const columns = address(control, 0);
  const rows = <u32>number(control, 1);
  const nodes = address(control, 3);
  const scores = address(control, 4);
  const perBlock = <u32>number(control, 2);
  const from = task * perBlock;
  const to = min(from + perBlock, rows);
  for (let row = from; row < to; row++) {
    let node = nodes;
    for (let left = load<u32>(node, 8); left != 0; left = load<u32>(node, 8)) {
      const code = <u32>load<u8>(columns + <usize>load<u32>(node) * rows + row);
      const right = <u32>(((code - <u32>load<u16>(node, 6)) & 255) > <u32>load<u16>(node, 4));
      node = nodes + <usize>(left + right) * 24;
    }
    const cell = scores + ((<usize>row) << 3);
    store<f64>(cell, load<f64>(cell) + load<f64>(node, 16));
  }
}
