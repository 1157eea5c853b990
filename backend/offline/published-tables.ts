import type { Item } from '../../shared/domain/item.ts';
import type { Trade } from '../../shared/domain/trade.ts';
import { learnedPart } from '../../shared/features/columns/learned-columns.ts';
import { hasSameColumns } from '../../shared/features/same-columns.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { learnedFromBytes } from '../../shared/format/learned-bytes.ts';
import { candidateTable } from '../../shared/score/candidate-table.ts';
import { withLearned } from '../../shared/score/learned-table.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import type { Published } from './published.ts';
import { tableOf, type LoadedTable } from './snapshot-tables.ts';

/** What items are ranked from, as it is published. */
export interface PublishedTables {
  /** Hash of the catalogue; empty where none of this schema is published. */
  readonly snapshot: string;
  /** A catalogue is published, though it may be of another schema. */
  readonly isPublished: boolean;
  /** Its markets and exchange rates. */
  readonly trade: Trade | undefined;
  /** @returns the candidates, else the catalogue; undefined where there is none of this schema. */
  readonly tableFor: (candidates: readonly Item[] | undefined) => RankableTable | undefined;
}

/** A placement with a lineage of its own may have other features over the same columns. */
const fits = (schema: Schema, { schemaHash, table: { table } }: LoadedTable): boolean =>
  hasSameColumns(schema, { hash: schemaHash, columns: table.columns.map(({ spec }) => spec) });

export function publishedTables(
  schema: Schema,
  { snapshot, learned }: Pick<Published, 'snapshot' | 'learned'>,
): PublishedTables {
  const loaded = snapshot && tableOf(snapshot);
  const part = learned && learnedPart(learnedFromBytes(learned.bytes), learned.hash);
  const plain = loaded && fits(schema, loaded) ? loaded.table : undefined;
  const catalogue = plain && part ? withLearned(plain, schema, part) : plain;
  return {
    snapshot: plain === undefined ? '' : snapshot!.hash,
    isPublished: loaded !== undefined,
    trade: plain && loaded?.trade,
    tableFor: (candidates) =>
      candidates === undefined ? catalogue : candidateTable(schema, candidates, plain, part),
  };
}
