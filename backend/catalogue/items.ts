import { asc, gt, sql } from 'drizzle-orm';
import type { AttributeValue, Item } from '../../shared/domain/item.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { insertRows, rowsChanged } from '../store/insert-rows.ts';
import type { Store } from '../store/open.ts';
import { checkValues } from './check-values.ts';
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
  await checkValues(store, schema, given);
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

/** What came of changes to items; together they are all that were given. */
export interface Patched {
  readonly changed: number;
  readonly unchanged: number;
  /** Ids that the catalogue does not have. */
  readonly unknown: readonly string[];
}

/**
 * Changes the attributes that are given of items that there are, and leaves the others as they are; `null` takes one away (JSON merge patch,
 * RFC 7396). Each change is made in the database, so that two at the same time are both kept.
 * @throws ApiError 400 as `upsertItems`; then nothing is changed.
 */
export async function patchItems(
  store: Store,
  schema: Schema,
  given: readonly Item[],
  nowMs: number,
): Promise<Patched> {
  refuseRepeated(given);
  refuseForeign(schema, given);
  await checkValues(store, schema, given);
  const changes = JSON.stringify(
    given.map(({ id, attributes }) => [id, JSON.stringify(attributes)]),
  );
  const ids = JSON.stringify(given.map(({ id }) => id));
  const missing = await store.db.all<{ id: string }>(
    sql`select value as id from json_each(${ids}) where value not in (select id from items)`,
  );
  const [changed] = await store.write([
    {
      toSQL: () => ({
        sql: `update items set attributes = json_patch(items.attributes, given.patch), "updatedAt" = ?
          from (select value ->> 0 as id, value ->> 1 as patch from json_each(?)) as given
          where items.id = given.id and items.attributes is not json_patch(items.attributes, given.patch)`,
        params: [nowMs, changes],
      }),
    },
  ]);
  const unknown = missing.map(({ id }) => id);
  return { changed, unchanged: given.length - changed - unknown.length, unknown };
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
