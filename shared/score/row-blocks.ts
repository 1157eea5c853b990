import type { ScanMemory } from '../kernels/scan-memory.ts';
import type { Codes, Column } from '../features/columns/item-table.ts';

/** Rows of the smallest blocks. */
export const BLOCK_ROWS = 64;
/** How many blocks of one level make one of the next. */
export const FAN_OUT = 16;
/** Levels are added until the last has so few blocks that a request looks at each of them. */
const MOST_AT_THE_TOP = 64;
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

export function columnBlocks({ codes, values }: Column, counts: readonly number[]): ColumnBlocks {
  let shift = 0;
  while ((values.length - 1) >> shift > 0xff) shift++;
  const span = ((values.length - 1) >> shift) + 1;
  const levels: CodeRanges[] = [];
  for (const count of counts)
    levels.push(
      levels.length === 0 ? rangesOfRows(codes, shift, count) : joinRanges(levels.at(-1)!, count),
    );
  return { shift, levels: levels.map((ranges) => (isWide(ranges, span) ? undefined : ranges)) };
}

function rangesOfRows(codes: Codes, shift: number, count: number): CodeRanges {
  const [low, high] = [new Uint8Array(count), new Uint8Array(count)];
  for (let block = 0, row = 0; block < count; block++) {
    const end = Math.min(row + BLOCK_ROWS, codes.length);
    let [least, greatest] = [codes[row], codes[row]];
    for (row++; row < end; row++) {
      const code = codes[row];
      if (code < least) least = code;
      else if (code > greatest) greatest = code;
    }
    low[block] = least >> shift;
    high[block] = greatest >> shift;
  }
  return { low, high };
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
