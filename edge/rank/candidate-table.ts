import type { Item } from '../../shared/domain/item.ts';
import { attributesAt, packItems } from '../../shared/features/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { rankable, type RankableTable } from '../../shared/score/rank.ts';

/** The candidates in the order given: what the catalogue knows of each, overlaid with what the caller says now. */
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
  return rankable(packItems(schema.columns, items, true));
}
