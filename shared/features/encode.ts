import type { Visit } from '../domain/rank-request.ts';
import type { ItemTable } from './columns/item-table.ts';
import type { RowsById } from './columns/row-index.ts';
import { kindOf } from './kinds/index.ts';
import { bucketReader, type FeaturePlan } from './kinds/kind.ts';
import type { Schema } from './schema.ts';

/** A schema's features compiled for one request over one item table. */
export interface EncodedRequest {
  readonly schema: Schema;
  readonly table: ItemTable;
  /** One plan per feature, in schema order. */
  readonly plans: readonly FeaturePlan[];
}

/** Row numbers by item id; build it once per table. */
export const indexRows = (table: ItemTable): RowsById =>
  new Map(table.ids.map((id, row) => [id, row]));

/** A table and its row numbers by item id. */
export interface IndexedTable {
  readonly table: ItemTable;
  readonly rows: RowsById;
}

/**
 * Compiles each feature into a plan. Most plans are made per distinct value, so the cost depends on the dictionaries,
 * not the items.
 * @param catalogue where items that the visitor touched before are looked up, if the table has them not.
 */
export function encodeRequest(
  schema: Schema,
  table: ItemTable,
  rows: RowsById,
  visit: Visit,
  nowMs: number,
  catalogue?: IndexedTable,
): EncodedRequest {
  const plans: FeaturePlan[] = [];
  const input = {
    table,
    rowOf: (id: string) => rows.get(id),
    known: (id: string) => {
      const row = rows.get(id);
      if (row !== undefined) return { table, row };
      const elsewhere = catalogue?.rows.get(id);
      return elsewhere === undefined ? undefined : { table: catalogue!.table, row: elsewhere };
    },
    visit,
    nowMs,
    planOf: (name: string) => plans[schema.features.findIndex((feature) => feature.name === name)],
  };
  for (const spec of schema.features) plans.push(kindOf(spec).plan(spec, input));
  return { schema, table, plans };
}

/** The codes of the given rows: `Uint8Array(rows.length × F)`, row-major. */
export function codesOf(encoded: EncodedRequest, rows: readonly number[]): Uint8Array {
  const features = encoded.plans.length;
  const codes = new Uint8Array(rows.length * features);
  encoded.plans.forEach((plan, feature) => {
    const bucketAt = bucketReader(plan, encoded.table);
    rows.forEach((row, index) => (codes[index * features + feature] = bucketAt(row)));
  });
  return codes;
}
