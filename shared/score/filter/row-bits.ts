/** One bit per row: bit `row & 31` of word `row >> 5`. Bits beyond the last row are 0. */
export type RowBits = Uint32Array<ArrayBuffer>;

export const noRows = (count: number): RowBits => new Uint32Array((count + 31) >> 5);

export function everyRow(count: number): RowBits {
  const bits = noRows(count).fill(-1);
  clearBeyond(bits, count);
  return bits;
}

function clearBeyond(bits: RowBits, count: number): void {
  if ((count & 31) !== 0) bits[bits.length - 1] &= (1 << (count & 31)) - 1;
}

export const hasRow = (bits: Uint32Array, row: number): boolean =>
  ((bits[row >> 5] >>> (row & 31)) & 1) === 1;

/** These change `bits`. */
export function keepBoth(bits: RowBits, other: RowBits): void {
  for (let i = 0; i < bits.length; i++) bits[i] &= other[i];
}

export function addAll(bits: RowBits, other: RowBits): void {
  for (let i = 0; i < bits.length; i++) bits[i] |= other[i];
}

export function addRows(bits: RowBits, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) bits[rows[i] >> 5] |= 1 << (rows[i] & 31);
}

/** Adds those that are not in it, and removes those that are. */
export function toggleRows(bits: RowBits, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) bits[rows[i] >> 5] ^= 1 << (rows[i] & 31);
}

/** @param count number of rows. */
export function invert(bits: RowBits, count: number): void {
  for (let i = 0; i < bits.length; i++) bits[i] = ~bits[i];
  clearBeyond(bits, count);
}

/** How many rows there are: bits are added up in parallel within a word (H. S. Warren, Hacker's Delight, 5-1). */
export function countRows(bits: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    let word = bits[i];
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** How many of the blocks of 64 rows have one. */
export function countBlocks(bits: Uint32Array): number {
  let count = 0;
  for (let word = 0; word < bits.length; word += 2)
    if ((bits[word] | (bits[word + 1] ?? 0)) !== 0) count++;
  return count;
}

/** Keeps the rows for which it holds. */
export function keepRows(bits: RowBits, holds: (row: number) => boolean): void {
  for (let i = 0; i < bits.length; i++) {
    for (let left = bits[i]; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left);
      if (!holds((i << 5) + bit)) bits[i] &= ~(1 << bit);
    }
  }
}
