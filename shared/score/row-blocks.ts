import type { ScanMemory } from '../kernels/scan-memory.ts';
import type { Codes, Column, ItemTable } from '../features/columns/item-table.ts';

/** Rows of the smallest blocks. */
export const BLOCK_ROWS = 64;
/** How many blocks of one level make one of the next. */
export const FAN_OUT = 16;
/** Levels are added until the last has so few blocks that a request looks at each of them. */
const MOST_AT_THE_TOP = 64;
/** Up to so many rows, scoring all takes less time than knowing which blocks of them to score, and a `Map` is made the soonest. */
export const FEW_ROWS = 1024;
/** A column whose blocks span more than this share of its codes on average says nothing of any of them. */
const WIDE = 0.7;

/**
 * Least and greatest code per column of blocks of 64 rows, of 16 such blocks, and so on: by them a search knows the most that
 * a row of a block can score (block-max indexes: S. Ding and T. Suel, SIGIR 2011). Built once per table.
 */
export interface RowBlocks {
  /** By column of the table. */
  readonly columns: readonly ColumnBlocks[];
  /** Number of blocks at each level, those of 64 rows first. */
  readonly counts: readonly number[];
  /** Where the table lies in memory of WebAssembly, whose kernel then searches it; absent: it is searched in TypeScript. */
  readonly memory?: ScanMemory;
}

export interface ColumnBlocks {
  /** Ranges are of `code >> shift`, which is below 256. */
  readonly shift: number;
  /** By level; undefined where the column does not tell blocks of the level apart. */
  readonly levels: readonly (CodeRanges | undefined)[];
}

/** By block of a level. */
export interface CodeRanges {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/** How many blocks there are at each level. */
export function blockCounts(rows: number): number[] {
  const counts: number[] = [];
  for (let count = Math.ceil(rows / BLOCK_ROWS); ; count = Math.ceil(count / FAN_OUT)) {
    counts.push(count);
    if (count <= MOST_AT_THE_TOP) return counts;
  }
}

/** By how much codes of a dictionary are shifted, so that they take a byte. */
export function shiftOf(values: number): number {
  let shift = 0;
  while ((values - 1) >> shift > 0xff) shift++;
  return shift;
}

/** The blocks of a table; undefined of few rows. */
export function blocksOf({ ids, columns }: ItemTable): RowBlocks | undefined {
  if (ids.length <= FEW_ROWS) return undefined;
  const counts = blockCounts(ids.length);
  return { counts, columns: columns.map((column) => columnBlocks(column, counts)) };
}

export function columnBlocks({ codes, values }: Column, counts: readonly number[]): ColumnBlocks {
  const shift = shiftOf(values.length);
  const ranges = { low: new Uint8Array(counts[0]), high: new Uint8Array(counts[0]) };
  readRanges(codes, shift, ranges);
  return levelsFrom(ranges, shift, values.length, counts);
}

/**
 * The same of a column whose rows were those of another table but for some blocks.
 * @param before its blocks in that table; the dictionary is the same. @param differs by block of 64 rows: 1 where its rows are others.
 */
export function editedBlocks(
  { codes, values }: Column,
  counts: readonly number[],
  { shift, levels: [known] }: ColumnBlocks,
  differs: Uint8Array,
): ColumnBlocks {
  // Where it told no blocks apart, some rows hardly make it do so.
  if (known === undefined) return { shift, levels: counts.map(() => undefined) };
  const ranges = { low: new Uint8Array(counts[0]), high: new Uint8Array(counts[0]) };
  const both = Math.min(counts[0], known.low.length);
  ranges.low.set(known.low.subarray(0, both));
  ranges.high.set(known.high.subarray(0, both));
  readRanges(codes, shift, ranges, differs);
  return levelsFrom(ranges, shift, values.length, counts);
}

function levelsFrom(
  ranges: CodeRanges,
  shift: number,
  values: number,
  counts: readonly number[],
): ColumnBlocks {
  const span = ((values - 1) >> shift) + 1;
  const levels: CodeRanges[] = [ranges];
  for (const count of counts.slice(1)) levels.push(joinRanges(levels.at(-1)!, count));
  return { shift, levels: levels.map((own) => (isWide(own, span) ? undefined : own)) };
}

/** @param wanted by block: 1 where it is to be read; absent: all are. */
function readRanges(codes: Codes, shift: number, ranges: CodeRanges, wanted?: Uint8Array): void {
  if (codes instanceof Uint8Array) readBytes(codes, ranges, wanted);
  else readWide(codes, shift, ranges, wanted);
}

function readBytes(codes: Uint8Array, { low, high }: CodeRanges, wanted?: Uint8Array): void {
  for (let block = 0; block < low.length; block++) {
    if (wanted?.[block] === 0) continue;
    const end = Math.min((block + 1) * BLOCK_ROWS, codes.length);
    let [least, greatest] = [0xff, 0];
    for (let row = block * BLOCK_ROWS; row < end; row++) {
      const code = codes[row];
      least = code < least ? code : least;
      greatest = code > greatest ? code : greatest;
    }
    low[block] = least;
    high[block] = greatest;
  }
}

/** The same: a loop that meets arrays of one type alone is compiled to faster code. */
function readWide(
  codes: Uint16Array | Uint32Array,
  shift: number,
  { low, high }: CodeRanges,
  wanted?: Uint8Array,
): void {
  for (let block = 0; block < low.length; block++) {
    if (wanted?.[block] === 0) continue;
    const end = Math.min((block + 1) * BLOCK_ROWS, codes.length);
    let [least, greatest] = [0xffff_ffff, 0];
    for (let row = block * BLOCK_ROWS; row < end; row++) {
      const code = codes[row];
      least = code < least ? code : least;
      greatest = code > greatest ? code : greatest;
    }
    low[block] = least >>> shift;
    high[block] = greatest >>> shift;
  }
}

function joinRanges(below: CodeRanges, count: number): CodeRanges {
  const [low, high] = [new Uint8Array(count).fill(0xff), new Uint8Array(count)];
  below.low.forEach((own, i) => {
    const block = Math.floor(i / FAN_OUT);
    if (own < low[block]) low[block] = own;
    if (below.high[i] > high[block]) high[block] = below.high[i];
  });
  return { low, high };
}

function isWide({ low, high }: CodeRanges, span: number): boolean {
  let widths = 0;
  for (let block = 0; block < low.length; block++) widths += high[block] - low[block] + 1;
  return widths > WIDE * span * low.length;
}
