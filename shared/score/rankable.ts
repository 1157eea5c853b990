import { indexRows, type IndexedTable } from '../features/encode.ts';
import type { ItemTable } from '../features/columns/item-table.ts';
import { EditedIds } from '../features/columns/edited-ids.ts';
import { PackedIds } from '../features/columns/packed-ids.ts';
import { RowIndex, type RowsById } from '../features/columns/row-index.ts';
import type { LearnedPart } from '../features/columns/learned-columns.ts';
import { blocksOf, type RowBlocks } from './row-blocks.ts';
import { stored } from './stored-table.ts';

/** An item table, with everything that is computed once per table rather than per request. */
export interface RankableTable {
  readonly table: ItemTable;
  /** Row by item id. */
  readonly rows: RowsById;
  /** Absent of few rows: all of them are scored. */
  readonly blocks?: RowBlocks;
  /** Of candidates the catalogue, which knows items that the visitor touched before and that do not compete now. */
  readonly catalogue?: IndexedTable;
  /** What was learned of the items, where columns of the table hold it (`withLearned`). */
  readonly learned?: LearnedPart;
}

/** @param known the blocks of the table, where they were made before. */
export function rankable(table: ItemTable, known?: RowBlocks): RankableTable {
  const { ids, ordered } = table;
  const blocks = known ?? blocksOf(table);
  // Candidates come from anybody, who could choose ids that all meet in one slot; a `Map` hashes by a seed that nobody knows.
  const rows =
    ids instanceof PackedIds || ids instanceof EditedIds
      ? ids
      : blocks === undefined || ordered
        ? indexRows(table)
        : new RowIndex(ids);
  if (blocks === undefined) return { table, rows };
  // They go with their request, for which memory of their own takes too long to get.
  return ordered ? { table, rows, blocks } : { ...stored(table, blocks), rows };
}
