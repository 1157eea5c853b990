import type { Visit } from '../../domain/rank-request.ts';
import type { ColumnSpec } from '../columns/column-spec.ts';
import type { Column, ItemTable } from '../columns/item-table.ts';
import { firstIndex } from '../columns/binary-search.ts';
import type { CheckInput } from './check.ts';

/** A feature compiled for one request whose buckets follow from the codes of columns. */
export type CodePlan =
  | { readonly from: 'constant'; readonly bucket: number }
  /** The bucket of a row is `buckets[code]`, by its code in one column. */
  | { readonly from: 'column'; readonly column: number; readonly buckets: Uint8Array }
  /** The bucket of a row is `buckets[Σ stride · digits[code]]`, over its codes in several columns. */
  | { readonly from: 'columns'; readonly parts: readonly CodePart[]; readonly buckets: Uint8Array };

/** What one column adds to the index of a combination: a digit by code, times the digit's place value. */
export interface CodePart {
  readonly column: number;
  readonly digits: Uint8Array;
  readonly stride: number;
  /** Digits are below it. */
  readonly size: number;
}

/**
 * A feature compiled for one request: it determines the bucket of each row. The cheaper forms come first; no form but the
 * last needs time or memory for each row.
 */
export type FeaturePlan =
  | CodePlan
  /** As `others` says, except in a few rows: row → bucket. */
  | {
      readonly from: 'sparse';
      readonly others: CodePlan;
      readonly rows: ReadonlyMap<number, number>;
    }
  /** The bucket of a row is `buckets[row]`: by the caller's order, which only lists of candidates have. */
  | { readonly from: 'rows'; readonly buckets: Uint8Array };

/** An item of some table of the schema. */
export interface KnownItem {
  readonly table: ItemTable;
  readonly row: number;
}

export interface PlanInput {
  readonly table: ItemTable;
  /** Row of an item id; undefined if the table does not have the item. */
  readonly rowOf: (id: string) => number | undefined;
  /** Where an item of the table, or else of the catalogue, is; undefined if neither has it. */
  readonly known: (id: string) => KnownItem | undefined;
  readonly visit: Visit;
  /** Epoch ms of the request. */
  readonly nowMs: number;
  /** The plan of a feature listed earlier in the schema. */
  readonly planOf: (name: string) => FeaturePlan;
}

/** What a bucket's words may name beside the feature itself. */
export interface LabelInput {
  readonly columns: readonly ColumnSpec[];
  /** Of another feature of the schema its name and what its bucket means, such as `device mobile`; also of bucket 0. */
  readonly partLabel: (name: string, bucket: number) => string;
}

/** A kind of feature: a way to turn (item, request) into a bucket. In every kind bucket 0 means missing. */
export interface BucketKind<S> {
  /** @returns what is wrong with the spec and what is expected, or undefined. */
  check(spec: S, input: CheckInput): string | undefined;
  /** Number of buckets, bucket 0 (missing) included: 2..256. */
  size(spec: S): number;
  /** The meaning of a bucket from 1 on, in words that are read behind the feature's name. */
  label(spec: S, bucket: number, input: LabelInput): string;
  plan(spec: S, input: PlanInput): FeaturePlan;
}

export const MISSING: CodePlan = { from: 'constant', bucket: 0 };

/** Index of a column of the table. */
export function columnOf(input: PlanInput, name: string): number {
  return input.table.columns.findIndex((column) => column.spec.name === name);
}

/** A plan by the codes of one column. `fill` writes the buckets of the codes from 1 on. */
export function columnPlan(
  input: PlanInput,
  name: string,
  fill: (buckets: Uint8Array, column: Column) => void,
): CodePlan {
  const index = columnOf(input, name);
  const column = input.table.columns[index];
  const buckets = new Uint8Array(column.values.length);
  fill(buckets, column);
  buckets[0] = 0;
  return { from: 'column', column: index, buckets };
}

/**
 * A plan by the codes of a number or date column. The dictionary is sorted, so values with equal buckets form runs of
 * codes whose ends are found by binary search; `bucketOf` is called for few values only.
 * @param bucketOf must not increase before the first value for which `isRising` is true, and must not decrease from
 * there on.
 */
export function runsPlan(
  input: PlanInput,
  name: string,
  bucketOf: (value: number) => number,
  isRising: (value: number) => boolean = () => true,
): FeaturePlan {
  return columnPlan(input, name, (buckets, { values }) => {
    const valueAt = (code: number) => values[code] as number;
    const turnAt = firstIndex(1, values.length, (code) => isRising(valueAt(code)));
    for (let code = 1; code < values.length;) {
      const bucket = bucketOf(valueAt(code));
      const limit = code < turnAt ? turnAt : values.length;
      const end = firstIndex(code + 1, limit, (later) => bucketOf(valueAt(later)) !== bucket);
      buckets.fill(bucket, code, end);
      code = end;
    }
  });
}

/**
 * A plan by row. A plain loop: `Uint8Array.from` goes through an iterator, which takes some fifty times as long, and this is done for
 * all items of a request.
 */
export function rowsPlan(
  { ids }: Pick<ItemTable, 'ids'>,
  bucketOf: (row: number) => number,
): FeaturePlan {
  const buckets = new Uint8Array(ids.length);
  for (let row = 0; row < buckets.length; row++) buckets[row] = bucketOf(row);
  return { from: 'rows', buckets };
}

/** Index of the first edge that is ≥ `value`, or `edges.length`. */
export const stepOf = (edges: readonly number[], value: number): number =>
  firstIndex(0, edges.length, (step) => value <= edges[step]);

/** The bucket of each row, whatever the plan's form. */
export function bucketReader(plan: FeaturePlan, table: ItemTable): (row: number) => number {
  switch (plan.from) {
    case 'constant':
      return () => plan.bucket;
    case 'column': {
      const { codes } = table.columns[plan.column];
      return (row) => plan.buckets[codes[row]];
    }
    case 'columns': {
      const parts = plan.parts.map((part) => ({
        ...part,
        codes: table.columns[part.column].codes,
      }));
      return (row) => {
        let at = 0;
        for (const { digits, stride, codes } of parts) at += stride * digits[codes[row]];
        return plan.buckets[at];
      };
    }
    case 'sparse': {
      const bucketAt = bucketReader(plan.others, table);
      return (row) => plan.rows.get(row) ?? bucketAt(row);
    }
    case 'rows':
      return (row) => plan.buckets[row];
    default:
      throw plan satisfies never;
  }
}
