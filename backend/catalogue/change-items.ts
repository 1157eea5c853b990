import { randomUUID } from 'node:crypto';
import type { Item } from '../../shared/domain/item.ts';
import { checkValues } from './check-values.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { insertRows, rowsChanged } from '../store/insert-rows.ts';
import type { Statement, Store } from '../store/open.ts';
import { refuseForeign } from './check-items.ts';

/** Something that happened to an item where it is kept. */
export interface ItemChange {
  readonly id: string;
  /** Rises with each change of the item: a number of its row, a position of the log or a time. */
  readonly version: number;
  /** All of the item from then on; undefined: it is gone. */
  readonly item: Item | undefined;
}

export interface Changed {
  /** Newer than what was known of their item. */
  readonly taken: number;
  /** Not newer: it came again, or another one overtook it. */
  readonly stale: number;
}

/**
 * Brings the catalogue to what changes say, in whatever order they come: of each item the change with the highest version holds, also a
 * deletion, and one that comes again does nothing. All of them or none, in one transaction.
 * @throws ApiError 400 as `upsertItems`; then nothing is changed.
 */
export async function changeItems(
  store: Store,
  schema: Schema,
  given: readonly ItemChange[],
  nowMs: number,
): Promise<Changed> {
  const newest = new Map<string, ItemChange>();
  for (const change of given) {
    const before = newest.get(change.id);
    if (before === undefined || change.version > before.version) newest.set(change.id, change);
  }
  const changes = [...newest.values()];
  const put = changes.flatMap(({ item }) => item ?? []);
  refuseForeign(schema, put);
  await checkValues(store, schema, put);
  const request = randomUUID();
  const versions = insertRows({
    table: 'item_versions',
    columns: ['id', 'version', 'request', 'isDeleted'],
    rows: changes.map(({ id, version, item }) => [
      id,
      version,
      request,
      item === undefined ? 1 : 0,
    ]),
    onConflict: `(id) do update set version = excluded.version, request = excluded.request,
      "isDeleted" = excluded."isDeleted" where excluded.version > item_versions.version`,
  });
  const items = insertRows({
    table: 'items',
    columns: ['id', 'attributes', 'updatedAt'],
    rows: put.map(({ id, attributes }) => [id, JSON.stringify(attributes), nowMs]),
    where: {
      sql: `exists (select 1 from item_versions v where v.id = given.id and v.request = ?)`,
      params: [request],
    },
    onConflict: `(id) do update set attributes = excluded.attributes, "updatedAt" = excluded."updatedAt"
      where items.attributes is not excluded.attributes`,
  });
  const gone: Statement = {
    toSQL: () => ({
      sql: `delete from items where id in (
        select v.id from json_each(?) g cross join item_versions v on v.id = g.value
        where v.request = ? and v."isDeleted")`,
      params: [JSON.stringify(changes.map(({ id }) => id)), request],
    }),
  };
  const counts = await store.write([...versions, ...items, gone]);
  const taken = rowsChanged(counts.slice(0, versions.length));
  return { taken, stale: given.length - taken };
}
