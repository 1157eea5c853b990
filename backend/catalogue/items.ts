import { asc, gt, sql } from 'drizzle-orm';
import type { AttributeValue, Item } from '../../shared/domain/item.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { insertRows, rowsChanged } from '../store/insert-rows.ts';
import type { Store } from '../store/open.ts';
import { refuseForeign, refuseRepeated } from './check-items.ts';
import { items } from '../store/tables.ts';

/** Items of the catalogue, in order of id. */
export interface ItemPage {
  readonly items: ({ id: string } & Record<string, AttributeValue | undefined>)[];
  /** Give it as `after` for the next page; absent on the last one. */
  readonly next?: string;
}

/** What came of items that were put; together they are all that were given. */
export interface Upserted {
  readonly created: number;
  /** Items that were there, and are different now. */
  readonly different: number;
  readonly unchanged: number;
}

/**
 * Stores all items or none. Attributes that the schema does not name are stored too: another schema may read them.
 * @throws ApiError 400 naming the item and the attribute that does not fit the schema, an id that is there twice, or the
 * columns where the schema knows none of them.
 */
export async function upsertItems(
  store: Store,
  schema: Schema,
  given: readonly Item[],
  nowMs: number,
): Promise<Upserted> {
  refuseRepeated(given);
  refuseForeign(schema, given);
  packItems(schema.columns, given);
  const rows = {
    table: 'items',
    columns: ['id', 'attributes', 'updatedAt'],
    rows: given.map(({ id, attributes }) => [id, JSON.stringify(attributes), nowMs]),
  };
  // New ones first: the statements after that find them equal, so each counts what it alone has done.
  const insert = insertRows(rows);
  const update = insertRows({
    ...rows,
    onConflict: `(id) do update set attributes = excluded.attributes, "updatedAt" = excluded."updatedAt"
      where items.attributes is not excluded.attributes`,
  });
  const counts = await store.write([...insert, ...update]);
  const created = rowsChanged(counts.slice(0, insert.length));
  const different = rowsChanged(counts.slice(insert.length));
  return { created, different, unchanged: given.length - created - different };
}

/** Deletes what there is of some ids, whatever their form: what could be stored once must be able to go. */
export async function deleteItems(
  store: Store,
  ids: readonly string[],
): Promise<{ deleted: string[]; unknown: string[] }> {
  const asked = [...new Set(ids)];
  const counts = await store.write(
    asked.map((id) => store.db.delete(items).where(sql`${items.id} = ${id}`)),
  );
  return {
    deleted: asked.filter((_, i) => counts[i] === 1),
    unknown: asked.filter((_, i) => counts[i] !== 1),
  };
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
