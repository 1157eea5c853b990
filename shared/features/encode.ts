import type { Visit } from '../domain/rank-request.ts';
import type { ItemTable } from './columns/item-table.ts';
import type { RowsById } from './columns/row-index.ts';
import { kindOf } from './kinds/index.ts';
import type { FeaturePlan } from './kinds/kind.ts';
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
  new Map(Array.from(table.ids, (id, row) => [id, row]));

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
  const indexes = featureIndexes(schema);
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
    planOf: (name: string) => plans[indexes.get(name)!],
  };
  for (const spec of schema.features) plans.push(kindOf(spec).plan(spec, input));
  return { schema, table, plans };
}

const known = new WeakMap<Schema, ReadonlyMap<string, number>>();

function featureIndexes(schema: Schema): ReadonlyMap<string, number> {
  let indexes = known.get(schema);
  if (indexes === undefined) {
    indexes = new Map(schema.features.map(({ name }, feature) => [name, feature]));
    known.set(schema, indexes);
  }
  return indexes;
}

/** The codes of the given rows: `Uint8Array(rows.length × F)`, row-major. */
export function codesOf(encoded: EncodedRequest, rows: readonly number[]): Uint8Array {
  const features = encoded.plans.length;
  const codes = new Uint8Array(rows.length * features);
  writeCodes(encoded, rows, codes, { feature: 1, row: features });
  return codes;
}

/**
 * Writes the code of feature f in the i-th row to `f · steps.feature + i · steps.row`. There is a loop for each form of a plan,
 * because a function that is called for each code takes more than ten times as long.
 */
export function writeCodes(
  { plans, table }: EncodedRequest,
  rows: readonly number[],
  to: Uint8Array,
  steps: { readonly feature: number; readonly row: number },
): void {
  plans.forEach((plan, feature) =>
    writePlan(plan, table, rows, to, { from: feature * steps.feature, step: steps.row }),
  );
}

function writePlan(
  plan: FeaturePlan,
  table: ItemTable,
  rows: readonly number[],
  to: Uint8Array,
  { from, step }: { readonly from: number; readonly step: number },
): void {
  let at = from;
  switch (plan.from) {
    case 'constant': {
      const { bucket } = plan;
      for (let i = 0; i < rows.length; i++, at += step) to[at] = bucket;
      return;
    }
    case 'column': {
      const { buckets } = plan;
      const { codes } = table.columns[plan.column];
      for (let i = 0; i < rows.length; i++, at += step) to[at] = buckets[codes[rows[i]]];
      return;
    }
    case 'columns': {
      const index = new Uint32Array(rows.length);
      for (const { column, digits, stride } of plan.parts) {
        const { codes } = table.columns[column];
        for (let i = 0; i < rows.length; i++) index[i] += stride * digits[codes[rows[i]]];
      }
      const { buckets } = plan;
      for (let i = 0; i < rows.length; i++, at += step) to[at] = buckets[index[i]];
      return;
    }
    case 'sparse':
      writePlan(plan.others, table, rows, to, { from, step });
      for (let i = 0; i < rows.length; i++, at += step) {
        const bucket = plan.rows.get(rows[i]);
        if (bucket !== undefined) to[at] = bucket;
      }
      return;
    case 'rows': {
      const { buckets } = plan;
      for (let i = 0; i < rows.length; i++, at += step) to[at] = buckets[rows[i]];
      return;
    }
    default:
      throw plan satisfies never;
  }
}
