import { asc, gt, sql } from 'drizzle-orm';
import type { AttributeValue, Item } from '../../shared/domain/item.ts';
import type { ItemId } from '../../shared/domain/ids.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { insertRows, rowsChanged } from '../store/insert-rows.ts';
import type { Store } from '../store/open.ts';
import { items } from '../store/tables.ts';

/** Items of the catalogue, in order of id. */
export interface ItemPage {
  readonly items: ({ id: string } & Record<string, AttributeValue | undefined>)[];
  /** Give it as `after` for the next page; absent on the last one. */
  readonly next?: string;
}

/**
 * Stores all items or none. Attributes that the schema does not name are stored too: another schema may read them.
 * @returns how many were new or different.
 * @throws ApiError 400 naming the item and the attribute that does not fit the schema.
 */
export async function upsertItems(
  store: Store,
  schema: Schema,
  given: readonly Item[],
  nowMs: number,
): Promise<number> {
  packItems(schema.columns, given);
  const statements = insertRows({
    table: 'items',
    columns: ['id', 'attributes', 'updatedAt'],
    rows: given.map(({ id, attributes }) => [id, JSON.stringify(attributes), nowMs]),
    onConflict: `(id) do update set attributes = excluded.attributes, "updatedAt" = excluded."updatedAt"
      where items.attributes is not excluded.attributes`,
  });
  return rowsChanged(await store.write(statements));
}

/** @returns whether there was such an item. */
export async function deleteItem(store: Store, id: ItemId): Promise<boolean> {
  const [deleted] = await store.write([store.db.delete(items).where(sql`${items.id} = ${id}`)]);
  return deleted === 1;
}

export async function readItems(store: Store, limit: number, after = ''): Promise<ItemPage> {
  const rows = await store.db
    .select()
    .from(items)
    .where(gt(items.id, after))
    .orderBy(asc(items.id))
    .limit(limit + 1);
  const page = rows.slice(0, limit).map(({ id, attributes }) => Object.assign({ id }, attributes));
  return { items: page, ...(rows.length > limit && { next: page.at(-1)!.id }) };
}
