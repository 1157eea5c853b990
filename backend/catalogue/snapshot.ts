import type { Item } from '../../shared/domain/item.ts';
import type { Trade } from '../../shared/domain/trade.ts';
import { checkTrade } from '../../shared/features/in-market.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { snapshotHash, snapshotToBytes } from '../../shared/format/snapshot-bytes.ts';

export interface BuiltSnapshot {
  readonly hash: string;
  readonly schemaHash: string;
  readonly items: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Packs a whole catalogue by a schema. Equal catalogues give equal bytes, whatever their history.
 * @param items in order of id.
 * @param trade its markets and exchange rates. @throws ApiError 400 naming the item, or the column of a market, that does not fit the schema.
 */
export function buildSnapshot(
  schema: Schema,
  items: readonly Item[],
  trade?: Trade,
): BuiltSnapshot {
  if (trade !== undefined) checkTrade(schema, trade);
  const bytes = snapshotToBytes(schema, catalogueTable(schema, items), trade);
  return { hash: snapshotHash(bytes), schemaHash: schema.hash, items: items.length, bytes };
}
