import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { parseStoredItem, type Item } from '../../../shared/domain/item.ts';
import { checkItem } from '../../../shared/features/columns/item-table.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { canBeShown } from '../../catalogue/can-be-shown.ts';
import { asPacked } from '../../catalogue/as-packed.ts';
import { readRates } from '../../catalogue/read-trade.ts';
import { clientOf } from '../../store/read-text.ts';
import { items as itemRows } from '../../store/tables.ts';

/** Items of today's catalogue that the schema lets be shown, in order of id. */
export async function readCatalogue(
  db: LibSQLDatabase,
  schema: Schema,
  nowMs: number,
): Promise<Item[]> {
  const catalogue: Item[] = [];
  const rates = await readRates(clientOf(db));
  for (const { id, attributes } of await db.select().from(itemRows).orderBy(itemRows.id)) {
    if (!canBeShown(schema, attributes, nowMs)) continue;
    try {
      const item = asPacked(parseStoredItem(id, attributes), schema.columns, rates, () => {});
      checkItem(schema.columns, item);
      catalogue.push(item);
    } catch {
      // Stored under another schema, of which values need not fit these columns: the edge does not rank it either.
    }
  }
  return catalogue;
}
