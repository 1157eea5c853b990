import type { ScoreTables } from './additive.ts';
import type { CodeRanges, RowBlocks } from './row-blocks.ts';

/** What bounds blocks under one request. */
export interface Bounds {
  /** What all blocks can have alike. */
  readonly fixed: number;
  /** By column of the table the most that a row with a code can have, the crosses counted in, and the highest of all. */
  readonly columns: ReadonlyMap<number, { readonly units: Int32Array; readonly high: number }>;
}

export function boundsOf({ base, columns, crosses, rows }: ScoreTables, blocks: RowBlocks): Bounds {
  const bounds = new Map<number, { units: Int32Array; high: number }>();
  for (const { column, units, high } of columns) bounds.set(column, { units, high });
  let fixed = base;
  if (rows !== undefined) fixed += rows.reduce((most, own) => Math.max(most, own), -Infinity);
  for (const { parts, units, high } of crosses) {
    const part = parts.reduce((best, own) =>
      levelsOf(blocks, own.column) > levelsOf(blocks, best.column) ? own : best,
    );
    if (levelsOf(blocks, part.column) === 0) {
      fixed += high;
      continue;
    }
    // What the other columns could add to each digit of the one that tells blocks apart best.
    const most = new Int32Array(part.size).fill(-(2 ** 31));
    units.forEach((own, at) => {
      const digit = Math.floor(at / part.stride) % part.size;
      if (own > most[digit]) most[digit] = own;
    });
    const before = bounds.get(part.column);
    const bound = Int32Array.from(part.digits, (digit) => most[digit]);
    before?.units.forEach((own, code) => (bound[code] += own));
    bounds.set(part.column, { units: bound, high: (before?.high ?? 0) + high });
  }
  return { fixed, columns: bounds };
}

/** The most that a row of a block can score under one request, for the blocks of all levels. */
export class BlockBounds {
  readonly #levels: readonly LevelBounds[];

  constructor(tables: ScoreTables, blocks: RowBlocks) {
    const { fixed, columns } = boundsOf(tables, blocks);
    const maxima = new Map<number, RangeMaxima>();
    this.#levels = blocks.counts.map((_, level) => {
      const told: ColumnBound[] = [];
      let own = fixed;
      for (const [column, { units, high }] of columns) {
        const { shift, levels } = blocks.columns[column];
        const ranges = levels[level];
        if (ranges === undefined) {
          own += high;
          continue;
        }
        let of = maxima.get(column);
        if (of === undefined) maxima.set(column, (of = new RangeMaxima(coarse(units, shift))));
        told.push({ ...ranges, maxima: of });
      }
      return { fixed: own, told };
    });
  }

  of(level: number, block: number): number {
    const { fixed, told } = this.#levels[level];
    let most = fixed;
    for (let i = 0; i < told.length; i++) {
      const { low, high, maxima } = told[i];
      most += maxima.of(low[block], high[block]);
    }
    return most;
  }
}

interface LevelBounds {
  /** What all blocks of the level can have alike. */
  readonly fixed: number;
  readonly told: readonly ColumnBound[];
}

interface ColumnBound extends CodeRanges {
  readonly maxima: RangeMaxima;
}

const levelsOf = ({ columns }: RowBlocks, column: number) =>
  columns[column].levels.reduce((count, ranges) => count + Number(ranges !== undefined), 0);

function coarse(units: Int32Array, shift: number): Int32Array {
  if (shift === 0) return units;
  const most = new Int32Array(((units.length - 1) >> shift) + 1).fill(-(2 ** 31));
  for (let code = 0; code < units.length; code++)
    if (units[code] > most[code >> shift]) most[code >> shift] = units[code];
  return most;
}

/** Maxima of ranges, each as that of two ranges whose lengths are a power of two (a sparse table). */
class RangeMaxima {
  /** By k: the maximum of the `2^k` entries from an index on; made when first asked for. */
  readonly #of: Int32Array[];

  constructor(entries: Int32Array) {
    this.#of = [entries];
  }

  /** @param high the last index of the range. */
  of(low: number, high: number): number {
    const k = 31 - Math.clz32(high - low + 1);
    while (this.#of.length <= k) this.#double();
    const most = this.#of[k];
    const [a, b] = [most[low], most[high - (1 << k) + 1]];
    return a > b ? a : b;
  }

  #double(): void {
    const before = this.#of.at(-1)!;
    const half = 1 << (this.#of.length - 1);
    const most = new Int32Array(Math.max(before.length - half, 0));
    for (let i = 0; i < most.length; i++) {
      const [a, b] = [before[i], before[i + half]];
      most[i] = a > b ? a : b;
    }
    this.#of.push(most);
  }
}
