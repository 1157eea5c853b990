import { newest } from '../memory/newest.ts';
import type { ColumnUnits, CrossUnits, ScoreTables } from './additive.ts';
import { BlockBounds } from './block-bounds.ts';
import { BestFirst } from './best-first.ts';
import { searchByKernel } from './scan-program.ts';
import { BLOCK_ROWS, FAN_OUT, type CodeRanges, type RowBlocks } from './row-blocks.ts';
import { hasRow } from './filter/row-bits.ts';
import { keyOf, TopK, type Scored } from './top-k.ts';

/**
 * The exact k best rows. Ties go to the earlier row; rows that are excluded or not allowed never appear. The blocks of rows are visited by the most
 * that a row of them can score, best first, down to blocks of 64 rows, whose rows are scored; as soon as the best block that is left
 * cannot hold a row that would enter, none can.
 * A table that lies in memory of WebAssembly is searched by its kernel, which does the same.
 * @param count number of rows. @param blocks undefined: all rows are scored, which of few takes less. @param floor units: rows with less are not
 * wanted, which ends the search sooner.
 */
export function topRows(
  tables: ScoreTables,
  count: number,
  blocks: RowBlocks | undefined,
  k: number,
  floor?: number,
): Scored[] {
  const scan = new Scan(tables, count, blocks, new TopK(k, floor));
  newest.scan = scan;
  scan.scoreApart();
  if (blocks === undefined) {
    if (tables.allowed !== undefined) scan.scoreEach(tables.allowed);
    else for (let block = 0; block * BLOCK_ROWS < count; block++) scan.scoreBlock(block);
  } else if (!searchByKernel(tables, count, blocks, scan.top, tables.allowed))
    searchBlocks(scan, new BlockBounds(tables, blocks), blocks.counts);
  return scan.top.sorted();
}

/** The given rows, best first; those that are excluded are left out. */
export function scoredRows(tables: ScoreTables, rows: readonly number[]): Scored[] {
  const top = new TopK(rows.length);
  for (const row of rows) top.offer(row, unitsOf(tables, row));
  return top.sorted();
}

function unitsOf({ base, columns, crosses, rows, apart }: ScoreTables, row: number): number {
  let units = base + (apart.get(row) ?? 0);
  for (const column of columns) units += column.units[column.codes[row]];
  for (const cross of crosses) units += unitsAt(cross, row);
  return rows === undefined ? units : units + rows[row];
}

/** Shared, as only one search runs at a time. */
const waiting = new BestFirst();

function searchBlocks(scan: Scan, bounds: BlockBounds, counts: readonly number[]): void {
  const { top } = scan;
  waiting.clear();
  const rowsOf = counts.map((_, level) => BLOCK_ROWS * FAN_OUT ** level);
  const add = (level: number, from: number, to: number) => {
    for (let block = from; block < to; block++) {
      if (level === 0 && !scan.isAllowed(block)) continue;
      const key = keyOf(block * rowsOf[level], bounds.of(level, block));
      if (key > top.leastKey) waiting.push(key, level, block);
    }
  };
  const highest = counts.length - 1;
  add(highest, 0, counts[highest]);
  while (waiting.key > top.leastKey) {
    const { level, block } = waiting;
    waiting.pop();
    if (level === 0) scan.scoreBlock(block);
    else add(level - 1, block * FAN_OUT, Math.min((block + 1) * FAN_OUT, counts[level - 1]));
  }
}

/** Rows that a search passes over where it meets them: those that were scored apart before, and those that may not be shown. */
export function passedOver({
  apart,
  without = [],
}: Pick<ScoreTables, 'apart' | 'without'>): ReadonlySet<number> | ReadonlyMap<number, number> {
  return without.length === 0 ? apart : new Set([...apart.keys(), ...without]);
}

/** A column as blocks are scored by it. */
interface ScannedColumn extends ColumnUnits {
  /** Whether all rows of a block have the same code, and which; absent where that is not known. */
  readonly ranges: CodeRanges | undefined;
  readonly isBytes: boolean;
}

/**
 * Rows of a block that may still enter, and what they have so far. Shared, as only one block is scored at a time and an array for
 * each request costs more than a block.
 */
const left = new Uint32Array(BLOCK_ROWS);
const sums = new Int32Array(BLOCK_ROWS);

class Scan {
  readonly top: TopK;
  readonly #tables: ScoreTables;
  readonly #count: number;
  readonly #columns: readonly ScannedColumn[];
  /** See `passedOver`. */
  readonly #passed: ReadonlySet<number> | ReadonlyMap<number, number>;
  /** The most that rows can have beyond what the columns that differ within a block give. */
  readonly #others: number;

  constructor(tables: ScoreTables, count: number, blocks: RowBlocks | undefined, top: TopK) {
    this.top = top;
    this.#tables = tables;
    this.#count = count;
    this.#columns = tables.columns.map((own) => {
      const summary = blocks?.columns[own.column];
      const ranges = summary?.shift === 0 ? summary.levels[0] : undefined;
      return { ...own, ranges, isBytes: own.codes instanceof Uint8Array };
    });
    this.#passed = passedOver(tables);
    this.#others = tables.crosses.reduce((sum, { high }) => sum + high, 0);
  }

  /** Whether a row of the block may be shown. */
  isAllowed(block: number): boolean {
    const { allowed } = this.#tables;
    if (allowed === undefined) return true;
    const word = block * (BLOCK_ROWS / 32);
    // The last block may have one word only.
    return (allowed[word] | allowed[word + 1]) !== 0;
  }

  /** The few rows that have units of their own come first; `scoreBlock` leaves them out. */
  scoreApart(): void {
    const { apart, allowed, without } = this.#tables;
    for (const row of apart.keys())
      if ((allowed === undefined || hasRow(allowed, row)) && without?.includes(row) !== true)
        this.top.offer(row, unitsOf(this.#tables, row));
  }

  scoreBlock(block: number): void {
    const from = block * BLOCK_ROWS;
    const { allowed } = this.#tables;
    const count = takeRows(from, Math.min(BLOCK_ROWS, this.#count - from), allowed);
    this.#scoreLeft(count, block);
  }

  /** Scores all rows that are allowed, as many at a time as a block has: of few, most blocks have hardly one. */
  scoreEach(allowed: Uint32Array): void {
    let taken = 0;
    for (let word = 0; word < allowed.length; word++)
      for (let bits = allowed[word] | 0; bits !== 0; bits &= bits - 1) {
        left[taken++] = (word << 5) + 31 - Math.clz32(bits & -bits);
        if (taken < BLOCK_ROWS) continue;
        this.#scoreLeft(taken, 0);
        taken = 0;
      }
    this.#scoreLeft(taken, 0);
  }

  /**
   * Adds up the columns one after the other, those first by which most is lost. A row is left as soon as what is still to
   * come would not lift it to the least that enters.
   * @param count how many rows are left. @param block the one that they are of, where there are blocks.
   */
  #scoreLeft(count: number, block: number): void {
    const columns = this.#columns;
    const { rows } = this.#tables;
    let sum = this.#tables.base;
    let reach = this.#others;
    for (let i = 0; i < columns.length; i++) {
      const { ranges, units, high } = columns[i];
      if (ranges !== undefined && ranges.low[block] === ranges.high[block])
        sum += units[ranges.low[block]];
      else reach += high;
    }
    for (let i = 0; i < count; i++) sums[i] = rows === undefined ? sum : sum + rows[left[i]];
    const least = this.top.leastUnits;
    for (let i = 0; i < columns.length && count > 0; i++) {
      const { ranges, units, high, codes, isBytes } = columns[i];
      if (ranges !== undefined && ranges.low[block] === ranges.high[block]) continue;
      reach -= high;
      count = isBytes
        ? keepBytes(count, codes as Uint8Array, units, least - reach)
        : keepWide(count, codes as Uint16Array, units, least - reach);
    }
    for (const cross of this.#tables.crosses) {
      reach -= cross.high;
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const own = sums[i] + unitsAt(cross, left[i]);
        if (own < least - reach) continue;
        left[kept] = left[i];
        sums[kept++] = own;
      }
      count = kept;
    }
    const passed = this.#passed;
    for (let i = 0; i < count; i++) if (!passed.has(left[i])) this.top.offer(left[i], sums[i]);
  }
}

/** Makes `left` the rows of a block that may be shown. @returns how many. */
function takeRows(from: number, count: number, allowed: Uint32Array | undefined): number {
  const word = from >> 5;
  if (allowed === undefined || (allowed[word] & allowed[word + 1]) === -1) {
    for (let i = 0; i < count; i++) left[i] = from + i;
    return count;
  }
  let taken = 0;
  for (let row = from; row < from + count; row += 32)
    for (let bits = allowed[row >> 5] | 0; bits !== 0; bits &= bits - 1)
      left[taken++] = row + 31 - Math.clz32(bits & -bits);
  return taken;
}

function unitsAt({ parts, units }: CrossUnits, row: number): number {
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const { codes, digits, stride } = parts[i];
    at += stride * digits[codes[row]];
  }
  return units[at];
}

/**
 * Adds the units of a column to the rows that are left, and keeps those that have at least `least` then: without a branch, as
 * whether a row stays is as good as chance. @returns how many.
 */
function keepBytes(count: number, codes: Uint8Array, units: Int32Array, least: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = left[i];
    const sum = (sums[i] + units[codes[row]]) | 0;
    left[kept] = row;
    sums[kept] = sum;
    kept += 1 + ((sum - least) >> 31);
  }
  return kept;
}

/** The same for wider codes: a loop that meets arrays of one type alone is compiled to faster code. */
function keepWide(
  count: number,
  codes: Uint16Array | Uint32Array,
  units: Int32Array,
  least: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = left[i];
    const sum = (sums[i] + units[codes[row]]) | 0;
    left[kept] = row;
    sums[kept] = sum;
    kept += 1 + ((sum - least) >> 31);
  }
  return kept;
}
