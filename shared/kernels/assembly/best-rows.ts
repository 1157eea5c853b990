/**
 * The exact k best rows of a table by blocks of 64 rows, those first that can hold the best. `top-rows.ts` says how the search goes, and
 * does the same in TypeScript; `scan-program.ts` writes what is read here. Units and sums of columns are i32, and what a block can
 * have i64, as entries that exclude a row add up.
 *
 * A program is `u32[]`:
 * - the number of rows; base; columns; crosses; levels; the address of a bit per row that may be found, or 0; the
 *   number of rows that are left out, and the address of them, ascending; the address of the columns that bound blocks, and
 *   their number; the address of scratch space for a block; that of the waiting blocks; the address of the best keys so far (a heap,
 *   the worst first), how many they are, and how many are wanted;
 * - for each column that bounds blocks its maxima (`i32[9][256]`), how many codes it has once shifted, and its units, their number and the shift;
 * - for each column its codes, bytes of a code, units, the highest entry, and least and greatest code by block of 64 rows, or 0;
 * - for each cross the number of its columns, its units, the highest, and for each of its columns codes, bytes of a code, digits, stride;
 * - for each level the number of its blocks, i64 what all of them can have alike, how many columns bound them, and for each of
 *   these its maxima, and least and greatest code by block.
 */

const BLOCK_ROWS: u32 = 64;
const FAN_OUT: u32 = 16;
/** Entries of one row of range maxima: coarse codes are below it. */
const CODES: usize = 256;
const ROWS: f64 = 33_554_432;
const LEAST: i32 = i32.MIN_VALUE;

// @ts-ignore: decorator
@inline
function word(at: usize, index: usize): usize {
  return <usize>load<u32>(at + (index << 2));
}

// @ts-ignore: decorator
@inline
function codeAt(codes: usize, bytes: usize, row: u32): usize {
  if (bytes == 1) return <usize>load<u8>(codes + <usize>row);
  if (bytes == 2) return <usize>load<u16>(codes + ((<usize>row) << 1));
  return <usize>load<u32>(codes + ((<usize>row) << 2));
}

// The best keys so far: a binary heap whose root is the worst of them.
let keys: usize = 0;
let size: u32 = 0;
let wanted: u32 = 0;
let leastKey: f64 = 0;
let leastUnits: i32 = 0;

// @ts-ignore: decorator
@inline
function keyOf(row: u32, units: f64): f64 {
  return units * ROWS - <f64>row;
}

function offer(key: f64): void {
  if (key <= leastKey) return;
  if (size < wanted) {
    let at = size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = load<f64>(keys + ((<usize>parent) << 3));
      if (above < key) break;
      store<f64>(keys + ((<usize>at) << 3), above);
      at = parent;
    }
    store<f64>(keys + ((<usize>at) << 3), key);
    if (size < wanted) return;
  } else if (size > 0) {
    let at: u32 = 0;
    for (;;) {
      let child: u32 = (at << 1) + 1;
      if (child >= size) break;
      let below = load<f64>(keys + ((<usize>child) << 3));
      if (child + 1 < size) {
        const other = load<f64>(keys + ((<usize>child) << 3), 8);
        if (other < below) {
          child++;
          below = other;
        }
      }
      if (below > key) break;
      store<f64>(keys + ((<usize>at) << 3), below);
      at = child;
    }
    store<f64>(keys + ((<usize>at) << 3), key);
  }
  leastKey = load<f64>(keys);
  leastUnits = <i32>Math.ceil(leastKey / ROWS);
}

// Blocks that wait, the one with the highest key first: 8 bytes of key and 8 of level · 2²⁴ + block each.
let waiting: usize = 0;
let waits: u32 = 0;

function push(key: f64, block: u32): void {
  let at = waits++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = waiting + ((<usize>parent) << 4);
    if (load<f64>(above) >= key) break;
    v128.store(waiting + ((<usize>at) << 4), v128.load(above));
    at = parent;
  }
  store<f64>(waiting + ((<usize>at) << 4), key);
  store<u32>(waiting + ((<usize>at) << 4), block, 8);
}

function pop(): void {
  const last = --waits;
  const moved = v128.load(waiting + ((<usize>last) << 4));
  const key = f64x2.extract_lane(moved, 0);
  let at: u32 = 0;
  for (;;) {
    let child: u32 = (at << 1) + 1;
    if (child >= last) break;
    let below = waiting + ((<usize>child) << 4);
    if (child + 1 < last && load<f64>(below, 16) > load<f64>(below)) {
      child++;
      below += 16;
    }
    if (load<f64>(below) <= key) break;
    v128.store(waiting + ((<usize>at) << 4), v128.load(below));
    at = child;
  }
  v128.store(waiting + ((<usize>at) << 4), moved);
}

/**
 * Maxima of ranges of codes, each as that of two whose lengths are a power of two (a sparse table): row k holds those of the 2^k
 * entries from each on; what lies beyond the ranges of a row is never read. Row 0 is there unless codes are shifted.
 */
function rangeMaxima(bound: usize): void {
  const maxima = word(bound, 0);
  const count = <u32>word(bound, 1);
  const shift = <u32>word(bound, 4);
  if (shift > 0) {
    const units = word(bound, 2);
    const size = <u32>word(bound, 3);
    for (let coarse: u32 = 0; coarse < count; coarse++) {
      const end = min((coarse + 1) << shift, size);
      let most = LEAST;
      for (let code = coarse << shift; code < end; code++)
        most = max(most, load<i32>(units + ((<usize>code) << 2)));
      store<i32>(maxima + ((<usize>coarse) << 2), most);
    }
  }
  let row = maxima;
  for (let half: u32 = 1; half << 1 <= count; half <<= 1) {
    const next = row + (CODES << 2);
    const end = (<usize>(count - (half << 1) + 1)) << 2;
    for (let at: usize = 0; at < end; at += 16)
      v128.store(
        next + at,
        i32x4.max_s(v128.load(row + at), v128.load(row + at + ((<usize>half) << 2))),
      );
    row = next;
  }
}

// @ts-ignore: decorator
@inline
function addBlocks(level: usize, number: u32, first: u32, end: u32, allowed: usize): void {
  const fixed = load<i64>(level, 4);
  const columns = level + 16;
  const columnsEnd = columns + word(level, 3) * 12;
  const shift = 4 * number + 6;
  for (let block = first; block < end; block++) {
    if (allowed != 0 && number == 0 && load<u64>(allowed + ((<usize>block) << 3)) == 0) continue;
    let most = fixed;
    for (let column = columns; column < columnsEnd; column += 12) {
      const low = <usize>load<u8>(<usize>load<u32>(column, 4) + <usize>block);
      const high = <usize>load<u8>(<usize>load<u32>(column, 8) + <usize>block);
      const k = 31 - clz<u32>(<u32>(high - low + 1));
      const row = <usize>load<u32>(column) + ((<usize>k) << 10);
      const a = load<i32>(row + (low << 2));
      const b = load<i32>(row + ((high + 1 - (<usize>1 << k)) << 2));
      most += <i64>max(a, b);
    }
    const key = keyOf(block << shift, <f64>most);
    if (key > leastKey) push(key, (number << 24) | block);
  }
}

/** Whether a row is among those that are left out. */
function isApart(apart: usize, count: u32, row: u32): bool {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const own = load<u32>(apart + ((<usize>middle) << 2));
    if (own == row) return true;
    if (own < row) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** Offers the rows of a block. A row is left as soon as what is still to come would not lift it to the least that enters. */
function scoreBlock(program: usize, block: u32): void {
  const from = block * BLOCK_ROWS;
  let count = min(BLOCK_ROWS, <u32>word(program, 0) - from);
  const columns = program + 60;
  const columnsEnd = columns + word(program, 2) * 24;
  let sum = <i64>load<i32>(program, 4);
  let reach: i64 = 0;
  for (let column = columns; column < columnsEnd; column += 24) {
    const low = word(column, 4);
    if (low != 0) {
      const code = <usize>load<u8>(low + <usize>block);
      if (code == <usize>load<u8>(word(column, 5) + <usize>block)) {
        sum += <i64>load<i32>(word(column, 2) + (code << 2));
        continue;
      }
    }
    reach += <i64>load<i32>(column, 12);
  }
  let cross = columnsEnd;
  for (let i: usize = word(program, 3); i > 0; i--) {
    reach += <i64>load<i32>(cross, 8);
    cross += 12 + word(cross, 0) * 16;
  }
  const least = <i64>leastUnits;
  if (sum + reach < least) return;
  const left = word(program, 10);
  const sums = left + 256;
  const start = <i32>sum;
  const allowed = word(program, 5);
  if (allowed == 0) {
    for (let i: u32 = 0; i < count; i++) {
      store<u32>(left + ((<usize>i) << 2), from + i);
      store<i32>(sums + ((<usize>i) << 2), start);
    }
  } else {
    const bits = load<u64>(allowed + ((<usize>block) << 3));
    let kept: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      store<u32>(left + ((<usize>kept) << 2), from + i);
      store<i32>(sums + ((<usize>kept) << 2), start);
      kept += <u32>((bits >> <u64>i) & 1);
    }
    count = kept;
  }
  for (let column = columns; column < columnsEnd && count > 0; column += 24) {
    const low = word(column, 4);
    if (low != 0 && load<u8>(low + <usize>block) == load<u8>(word(column, 5) + <usize>block)) continue;
    reach -= <i64>load<i32>(column, 12);
    const bar = <i32>max<i64>(least - reach, LEAST);
    const codes = word(column, 0);
    const bytes = word(column, 1);
    const units = word(column, 2);
    if (bytes == 1) count = keep<u8>(codes, units, bar, left, sums, count);
    else if (bytes == 2) count = keep<u16>(codes, units, bar, left, sums, count);
    else count = keep<u32>(codes, units, bar, left, sums, count);
  }
  cross = columnsEnd;
  for (let i: usize = word(program, 3); i > 0; i--) {
    const parts = word(cross, 0);
    const units = word(cross, 1);
    reach -= <i64>load<i32>(cross, 8);
    const bar = <i32>max<i64>(least - reach, LEAST);
    const end = cross + 12 + parts * 16;
    let kept: u32 = 0;
    for (let r: u32 = 0; r < count; r++) {
      const row = load<u32>(left + ((<usize>r) << 2));
      let at: usize = 0;
      for (let part = cross + 12; part < end; part += 16) {
        const code = codeAt(word(part, 0), word(part, 1), row);
        at += word(part, 3) * <usize>load<u8>(word(part, 2) + code);
      }
      const own = load<i32>(sums + ((<usize>r) << 2)) + load<i32>(units + (at << 2));
      store<u32>(left + ((<usize>kept) << 2), row);
      store<i32>(sums + ((<usize>kept) << 2), own);
      kept += <u32>(own >= bar);
    }
    count = kept;
    cross = end;
  }
  const apart = <u32>word(program, 6);
  const rows = word(program, 7);
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(left + ((<usize>i) << 2));
    const key = keyOf(row, <f64>load<i32>(sums + ((<usize>i) << 2)));
    if (key > leastKey && !(apart > 0 && isApart(rows, apart, row))) offer(key);
  }
}

/** Adds the units of a column to the rows that are left, and keeps those that have at least `bar` then. @returns how many. */
// @ts-ignore: decorator
@inline
function keep<T>(codes: usize, units: usize, bar: i32, left: usize, sums: usize, count: u32): u32 {
  let kept: usize = 0;
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 4) {
    const row = load<u32>(left + i);
    const code = <usize>load<T>(codes + (<usize>row) * sizeof<T>());
    const sum = load<i32>(sums + i) + load<i32>(units + (code << 2));
    store<u32>(left + kept, row);
    store<i32>(sums + kept, sum);
    kept += (<usize>(sum >= bar)) << 2;
  }
  return <u32>(kept >> 2);
}

/**
 * @param program see above; its keys are those of rows that were scored before, and the best keys when this returns.
 * @param leastBefore a row must have a higher key to enter; @param unitsBefore a row with fewer units cannot.
 * @returns how many keys there are.
 */
export function bestRows(program: usize, leastBefore: f64, unitsBefore: i32): u32 {
  keys = word(program, 12);
  size = <u32>word(program, 13);
  wanted = <u32>word(program, 14);
  leastKey = leastBefore;
  leastUnits = unitsBefore;
  waiting = word(program, 11);
  waits = 0;
  const bounds = word(program, 8);
  const boundsEnd = bounds + word(program, 9) * 20;
  for (let own = bounds; own < boundsEnd; own += 20) rangeMaxima(own);
  let at = program + 60 + word(program, 2) * 24;
  for (let i: usize = word(program, 3); i > 0; i--) at += 12 + word(at, 0) * 16;
  const levels = at;
  const allowed = word(program, 5);
  // The levels follow one another, that of the smallest blocks first.
  let highest: u32 = <u32>word(program, 4) - 1;
  for (let number: u32 = 0; number < highest; number++) at += 16 + word(at, 3) * 12;
  addBlocks(at, highest, 0, <u32>word(at, 0), allowed);
  while (waits > 0 && load<f64>(waiting) > leastKey) {
    const own = load<u32>(waiting, 8);
    pop();
    const block = own & 0xff_ffff;
    const number = own >> 24;
    if (number == 0) {
      scoreBlock(program, block);
      continue;
    }
    at = levels;
    for (let below: u32 = 0; below < number - 1; below++) at += 16 + word(at, 3) * 12;
    const end = min((block + 1) * FAN_OUT, <u32>word(at, 0));
    addBlocks(at, number - 1, block * FAN_OUT, end, allowed);
  }
  return size;
}
