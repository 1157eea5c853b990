import {
  learnedColumnsOf,
  learnedName,
  type LearnedKey,
  type LearnedPart,
} from '../features/columns/learned-columns.ts';
import type { Column } from '../features/columns/item-table.ts';
import { moveEntries } from '../features/columns/row-moves.ts';
import type { Schema } from '../features/schema.ts';
import { movesBetween } from './edit-table.ts';
import { columnBlocks } from './row-blocks.ts';
import type { RankableTable } from './rankable.ts';

const known = new WeakMap<Pick<Schema, 'features'>, readonly LearnedKey[]>();

/** What features of a schema read of learned columns, each once; empty where none does. */
export function learnedKeys(schema: Pick<Schema, 'features'>): readonly LearnedKey[] {
  let keys = known.get(schema);
  if (keys === undefined) {
    const read = schema.features.filter((spec) => spec.kind === 'learned');
    keys = [...new Map(read.map((spec) => [learnedName(spec), spec])).values()];
    known.set(schema, keys);
  }
  return keys;
}

/**
 * A table with what was learned of its items, as further columns, in place of those that it may have: to scoring they are columns
 * as any other. It is to be made once per table and part, and not per request.
 * @param before a table with the same part and the same learned columns, and what it was made of: where `items` were made of that by few
 * changes, only what was added is looked up.
 */
export function withLearned(
  items: RankableTable,
  schema: Pick<Schema, 'features'>,
  part: LearnedPart,
  before?: { readonly from: RankableTable; readonly table: RankableTable },
): RankableTable {
  const keys = learnedKeys(schema);
  if (keys.length === 0) return items;
  const { table, blocks } = items;
  const own = table.columns.filter(({ isLearned }) => !isLearned);
  const columns =
    (before && movedColumns(keys, part, items, before)) ?? learnedColumnsOf(keys, part, table.ids);
  return {
    ...items,
    table: { ...table, columns: [...own, ...columns] },
    ...(blocks && {
      blocks: {
        ...blocks,
        columns: [
          ...blocks.columns.slice(0, own.length),
          ...columns.map((column) => columnBlocks(column, blocks.counts)),
        ],
      },
    }),
    learned: part,
  };
}

function movedColumns(
  keys: readonly LearnedKey[],
  part: LearnedPart,
  { table }: RankableTable,
  before: { readonly from: RankableTable; readonly table: RankableTable },
): Column[] | undefined {
  const moves = movesBetween(before.from.table, table);
  if (moves === undefined) return undefined;
  const added = learnedColumnsOf(
    keys,
    part,
    Array.from(moves.added, (row) => table.ids.at(row)!),
  );
  const columns = before.table.table.columns.filter(({ isLearned }) => isLearned);
  return columns.map((column, i) => {
    const codes = new Uint8Array(moves.rows);
    moveEntries(moves, column.codes as Uint8Array, codes);
    moves.added.forEach((row, at) => (codes[row] = added[i].codes[at]));
    return { ...column, codes };
  });
}
