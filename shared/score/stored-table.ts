import type { Codes, ItemTable } from '../features/columns/item-table.ts';
import { Placing, ScanMemory } from '../kernels/scan-memory.ts';
import type { CodeRanges, RowBlocks } from './row-blocks.ts';
import { scratchBytes } from './scan-program.ts';

/** Bytes per row for learned columns, which come after the table: three measures. */
const LATER_BYTES = 3;

/**
 * A table and its blocks in memory of WebAssembly, which its kernel searches. Columns and ranges are views of that memory then, and
 * what they were before may go.
 */
export function stored(
  table: ItemTable,
  blocks: RowBlocks,
): { readonly table: ItemTable; readonly blocks: RowBlocks } {
  const placing = new Placing();
  const columnsAt = table.columns.map(({ codes }) => placing.next(codes.byteLength));
  const rangesAt = blocks.columns.map(({ levels }) =>
    levels.map((ranges) => ranges && placing.next(2 * ranges.low.length)),
  );
  const { counts } = blocks;
  const values = table.columns.reduce((sum, own) => sum + own.values.length, 0);
  let memory: ScanMemory;
  try {
    memory = new ScanMemory({
      own: placing.end,
      later: LATER_BYTES * (table.ids.length + 4 * counts[0]),
      scratch: scratchBytes(counts, table.columns.length, values),
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

function copied<C extends Codes>(memory: ScanMemory, codes: C, at: number): C {
  const type = codes.constructor as new (buffer: ArrayBuffer, at: number, length: number) => C;
  const copy = new type(memory.u8.buffer, at, codes.length);
  copy.set(codes);
  return copy;
}
