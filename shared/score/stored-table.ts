import { codesFor, type Codes, type ItemTable } from '../features/columns/item-table.ts';
import { Placing, ScanMemory } from '../kernels/scan-memory.ts';
import type { CodeRanges, RowBlocks } from './row-blocks.ts';
import { scratchBytes } from './scan-program.ts';

/** Bytes per row for learned columns, which come after the table: three measures. */
const LATER_BYTES = 3;

/** A snapshot so small is not searched by blocks, or copied in no time. */
const SMALL_BYTES = 65_536;

/**
 * Room for the bytes of a snapshot, in memory that a kernel can search it in: so its columns need not be copied there. Its size says about
 * how much room its requests take; where that is too little, `stored` copies it after all.
 */
export function snapshotSpace(sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (sizeBytes < SMALL_BYTES) return new Uint8Array(sizeBytes);
  try {
    const memory = new ScanMemory({
      own: sizeBytes,
      later: Math.ceil(sizeBytes / 8),
      scratch: 2 ** 20 + Math.ceil(sizeBytes / 16),
    });
    return memory.u8.subarray(0, sizeBytes);
  } catch {
    return new Uint8Array(sizeBytes);
  }
}

/**
 * A table and its blocks in memory of WebAssembly, which its kernel searches. Columns and ranges are views of that memory then, and
 * what they were before may go. What lies in such a memory already stays there.
 */
export function stored(
  table: ItemTable,
  blocks: RowBlocks,
): { readonly table: ItemTable; readonly blocks: RowBlocks } {
  const { counts } = blocks;
  const values = table.columns.reduce((sum, own) => sum + own.values.length, 0);
  const scratch = scratchBytes(counts, table.columns.length, values);
  const there = table.columns.length > 0 ? ScanMemory.of(table.columns[0].codes) : undefined;
  if (there !== undefined && there.room >= scratch)
    return { table, blocks: { ...blocks, memory: there } };
  const placing = new Placing();
  const columnsAt = table.columns.map(({ codes }) => placing.next(codes.byteLength));
  const rangesAt = blocks.columns.map(({ levels }) =>
    levels.map((ranges) => ranges && placing.next(2 * ranges.low.length)),
  );
  let memory: ScanMemory;
  try {
    memory = new ScanMemory({
      own: placing.end,
      later: LATER_BYTES * (table.ids.length + 4 * counts[0]),
      scratch,
    });
  } catch {
    // The system has no memory of this kind left: the table is searched in TypeScript.
    return { table, blocks };
  }
  return {
    table: {
      ...table,
      columns: table.columns.map((column, i) => ({
        ...column,
        codes: copied(memory, column.codes, columnsAt[i]),
      })),
    },
    blocks: {
      counts,
      memory,
      columns: blocks.columns.map(({ shift, levels }, i) => ({
        shift,
        levels: levels.map((ranges, level) => {
          if (ranges === undefined) return undefined;
          const at = rangesAt[i][level]!;
          const { length } = ranges.low;
          return {
            low: copied(memory, ranges.low, at),
            high: copied(memory, ranges.high, at + length),
          } satisfies CodeRanges;
        }),
      })),
    },
  };
}

/** Memory of a kernel for a table that is about to be made. */
export interface TableSpace {
  /** Room for a column: codes below `size`, all missing yet. */
  codes(size: number, rows: number): Codes;
  /** A copy there. */
  ranges(own: Uint8Array): Uint8Array;
}

/**
 * @param sizes of the dictionaries, by column.
 * @returns undefined where the system has no memory of this kind left.
 */
export function tableSpace(
  counts: readonly number[],
  rows: number,
  sizes: readonly number[],
): TableSpace | undefined {
  const placing = new Placing();
  for (const size of sizes) {
    placing.next(codeBytes(size) * rows);
    for (let level = 0; level < 2 * counts.length; level++) placing.next(counts[level >> 1]);
  }
  let memory: ScanMemory;
  try {
    memory = new ScanMemory({
      own: placing.end,
      later: LATER_BYTES * (rows + 4 * counts[0]),
      scratch: scratchBytes(
        counts,
        sizes.length,
        sizes.reduce((sum, size) => sum + size, 0),
      ),
    });
  } catch {
    return undefined;
  }
  const taken = new Placing();
  return {
    codes(size, length) {
      const type = codesFor(size, 0).constructor as CodesType<Codes>;
      return new type(memory.u8.buffer, taken.next(codeBytes(size) * length), length);
    },
    ranges: (own) => copied(memory, own, taken.next(own.length)),
  };
}

type CodesType<C extends Codes> = new (buffer: ArrayBuffer, at: number, length: number) => C;

const codeBytes = (size: number): number => codesFor(size, 0).BYTES_PER_ELEMENT;

function copied<C extends Codes>(memory: ScanMemory, codes: C, at: number): C {
  const type = codes.constructor as CodesType<C>;
  const copy = new type(memory.u8.buffer, at, codes.length);
  copy.set(codes);
  return copy;
}
