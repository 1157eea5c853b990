import type { Item } from '../domain/item.ts';
import { attributesAt, packItems } from '../features/columns/item-table.ts';
import type { LearnedPart } from '../features/columns/learned-columns.ts';
import type { Schema } from '../features/schema.ts';
import { withLearned } from './learned-table.ts';
import { rankable, type RankableTable } from './rankable.ts';

/**
 * Packs the candidates of a request, in the order given. An attribute
 * that the caller sends takes precedence over the catalogue's.
 * @param catalogue undefined when there is none of this schema.
 * @param learned what was learned of items, those that the catalogue does not have included.
 */
export function candidateTable(
  schema: Schema,
  candidates: readonly Item[],
  catalogue: RankableTable | undefined,
  learned: LearnedPart | undefined = catalogue?.learned,
): RankableTable {
  const items =
    catalogue === undefined
      ? candidates
      : candidates.map((candidate) => {
          const row = catalogue.rows.get(candidate.id);
          if (row === undefined) return candidate;
          const attributes = { ...attributesAt(catalogue.table, row), ...candidate.attributes };
          return { id: candidate.id, attributes };
        });
  const packed = rankable(packItems(schema.columns, items, true));
  const table = learned === undefined ? packed : withLearned(packed, schema, learned);
  return catalogue === undefined ? table : { ...table, catalogue };
}
