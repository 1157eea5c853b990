import type { Item } from '../domain/item.ts';
import { attributesAt, packItems } from '../features/columns/item-table.ts';
import type { Schema } from '../features/schema.ts';
import { rankable, type RankableTable } from './rank.ts';

/**
 * Packs the candidates of a request, in the order given. An attribute
 * that the caller sends takes precedence over the catalogue's.
 * @param catalogue undefined when there is none of this schema.
 */
export function candidateTable(
  schema: Schema,
  candidates: readonly Item[],
  catalogue: RankableTable | undefined,
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
  const table = rankable(packItems(schema.columns, items, true));
  return catalogue === undefined ? table : { ...table, catalogue };
}
