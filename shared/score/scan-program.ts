import { newest } from '../memory/newest.ts';
import type { ScanMemory, Stored } from '../kernels/scan-memory.ts';
import type { CrossUnits, ScoreTables } from './additive.ts';
import { boundsOf } from './block-bounds.ts';
import { BLOCK_ROWS, type CodeRanges, type RowBlocks } from './row-blocks.ts';
import type { TopK } from './top-k.ts';

/** Of a program that `shared/kernels/assembly/best-rows.ts` runs, in words of 4 bytes. */
const HEAD = 15;
const BOUND = 5;
const COLUMN = 6;
const CROSS = 3;
const PART = 4;
const LEVEL = 4;
const TOLD = 3;
/** Range maxima of one column: 9 rows of 256. */
const MAXIMA_BYTES = 9 * 256 * 4;
/** Most codes of a column, once shifted. */
const CODES = 256;
const BLOCK_SCRATCH_BYTES = 2 * 4 * BLOCK_ROWS;
const WAITING_BYTES = 16;
/** Up to so many combinations of crosses, wanted rows and rows apart find room beside what columns need. */
const SPARE_BYTES = 512 * 1024;

/** Bytes of scratch space for requests of a table. @param values of all dictionaries together. */
export const scratchBytes = (counts: readonly number[], columns: number, values: number): number =>
  SPARE_BYTES +
  counts.reduce((sum, count) => sum + count * WAITING_BYTES, 0) +
  // A bit for each row that is allowed.
  (counts[0] * BLOCK_ROWS) / 8 +
  // Units of a column, and what it bounds blocks by where it has a cross.
  2 * 4 * values +
  columns * MAXIMA_BYTES;

/**
 * Searches a table by the kernel, as `topRows` does.
 * @param top holds the rows apart, and holds the best of all then. @param allowed a bit per row, bit `row & 31` of word
 * `row >> 5`: other rows are not found. Absent: all are.
 * @returns false, and `top` as it was, where the request needs more than there is room for, or has units by row.
 */
export function searchByKernel(
  tables: ScoreTables,
  count: number,
  blocks: RowBlocks,
  top: TopK,
  allowed?: Uint32Array,
): boolean {
  const { memory } = blocks;
  if (memory === undefined || tables.rows !== undefined) return false;
  const writer = new ProgramWriter(memory);
  newest.program = writer;
  const program = writer.write(tables, count, blocks, top, allowed);
  if (program === undefined) return false;
  const size = memory.kernel.bestRows(program.at, top.leastKey, top.leastUnits);
  const keys = program.keys >> 3;
  top.take(memory.f64.subarray(keys, keys + size));
  return true;
}

class ProgramWriter {
  readonly #memory: ScanMemory;
  /** Where the next array goes; past the end, once something did not fit. */
  #at: number;
  /** The next word of the program. */
  #word: number;

  constructor(memory: ScanMemory) {
    this.#memory = memory;
    this.#at = memory.scratch;
    this.#word = memory.scratch >> 2;
  }

  /** @returns undefined where there is no room. */
  write(
    { base, columns, crosses, apart, without = [] }: ScoreTables,
    count: number,
    blocks: RowBlocks,
    top: TopK,
    allowed: Uint32Array | undefined,
  ): { readonly at: number; readonly keys: number } | undefined {
    const { counts } = blocks;
    const { generation } = this.#memory;
    const bounds = boundsOf({ base, columns, crosses, rows: undefined, apart }, blocks);
    const told = [...bounds.columns].filter(([column]) =>
      blocks.columns[column].levels.some((ranges) => ranges !== undefined),
    );
    const parts = crosses.reduce((sum, cross) => sum + cross.parts.length, 0);
    const program = this.#space(
      4 *
        (HEAD +
          COLUMN * columns.length +
          CROSS * crosses.length +
          PART * parts +
          counts.length * (LEVEL + TOLD * told.length)),
    );
    const boundsAt = this.#space(4 * BOUND * told.length);
    const allowedAt = allowed === undefined ? 0 : this.#space(8 * Math.ceil(allowed.length / 2));
    const passed = new Set([...apart.keys(), ...without]);
    const passedAt = this.#space(4 * passed.size);
    const block = this.#space(BLOCK_SCRATCH_BYTES);
    const waiting = this.#space(WAITING_BYTES * counts.reduce((sum, own) => sum + own, 0));
    const keys = this.#space(8 * top.wanted);
    const maxima = told.map(() => this.#space(MAXIMA_BYTES));
    if (this.#isFull) return undefined;
    const { u32, i32, f64 } = this.#memory;

    /** By column of the table, where the units are that bound blocks: those of the column itself, unless it has a cross. */
    const placed = new Map<Int32Array, number>();
    this.#word = boundsAt >> 2;
    for (const [i, [column, { units }]] of told.entries()) {
      const { shift } = blocks.columns[column];
      const size = ((units.length - 1) >> shift) + 1;
      let at = maxima[i];
      if (shift === 0 && size <= CODES) i32.set(units, at >> 2);
      else at = this.#units(units);
      placed.set(units, at);
      this.#words(maxima[i], size, at, units.length, shift);
    }
    if (allowed !== undefined) {
      u32[(allowedAt >> 2) + allowed.length] = 0;
      u32.set(allowed, allowedAt >> 2);
    }
    if (passed.size > 0) u32.set(Uint32Array.from(passed).toSorted(), passedAt >> 2);
    f64.set(top.keys, keys >> 3);

    this.#word = program >> 2;
    this.#words(
      count,
      base,
      columns.length,
      crosses.length,
      counts.length,
      allowedAt,
      passed.size,
      passedAt,
      boundsAt,
      told.length,
      block,
      waiting,
      keys,
      top.keys.length,
      top.wanted,
    );
    for (const { column, codes, units, high } of columns) {
      const summary = blocks.columns[column];
      const ranges = summary.shift === 0 ? summary.levels[0] : undefined;
      this.#words(
        this.#address(codes),
        codes.BYTES_PER_ELEMENT,
        placed.get(units) ?? this.#units(units),
        high,
        ...this.#ranges(ranges),
      );
    }
    for (const cross of crosses) this.#cross(cross);
    counts.forEach((own, level) => {
      const ranges = told.map(([column]) => blocks.columns[column].levels[level]);
      const fixed = [...bounds.columns].reduce(
        (sum, [column, { high }]) =>
          blocks.columns[column].levels[level] === undefined ? sum + high : sum,
        bounds.fixed,
      );
      this.#words(
        own,
        fixed,
        Math.floor(fixed / 2 ** 32),
        ranges.reduce((sum, of) => sum + Number(of !== undefined), 0),
      );
      ranges.forEach((of, i) => {
        if (of !== undefined) this.#words(maxima[i], ...this.#ranges(of));
      });
    });
    // What came first may have been forgotten for what came last.
    if (this.#isFull || this.#memory.generation !== generation) return undefined;
    return { at: program, keys };
  }

  #cross({ parts, units, high }: CrossUnits): void {
    this.#words(parts.length, this.#units(units), high);
    for (const { codes, digits, stride } of parts) {
      const at = this.#space(digits.length);
      if (!this.#isFull) this.#memory.u8.set(digits, at);
      this.#words(this.#address(codes), codes.BYTES_PER_ELEMENT, at, stride);
    }
  }

  get #isFull(): boolean {
    return this.#at > this.#memory.u8.length;
  }

  #space(bytes: number): number {
    const at = this.#at;
    this.#at += (bytes + 15) & ~15;
    return at;
  }

  #units(units: Int32Array): number {
    const at = this.#space(units.byteLength);
    if (!this.#isFull) this.#memory.i32.set(units, at >> 2);
    return at;
  }

  #address(stored: Stored): number {
    const at = this.#memory.addressOf(stored);
    if (at === undefined) this.#at = Infinity;
    return at ?? 0;
  }

  #ranges(ranges: CodeRanges | undefined): [low: number, high: number] {
    return ranges === undefined ? [0, 0] : [this.#address(ranges.low), this.#address(ranges.high)];
  }

  #words(...words: number[]): void {
    for (const word of words) this.#memory.i32[this.#word++] = word;
  }
}
