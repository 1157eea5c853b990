import {
  learnedColumnsOf,
  learnedName,
  type LearnedKey,
  type LearnedPart,
} from '../features/columns/learned-columns.ts';
import type { Schema } from '../features/schema.ts';
import { columnBlocks } from './row-blocks.ts';
import type { RankableTable } from './rank.ts';

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
 */
export function withLearned(
  items: RankableTable,
  schema: Pick<Schema, 'features'>,
  part: LearnedPart,
): RankableTable {
  const keys = learnedKeys(schema);
  if (keys.length === 0) return items;
  const { table, blocks } = items;
  const own = table.columns.filter(({ isLearned }) => !isLearned);
  const columns = learnedColumnsOf(keys, part, table.ids);
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
