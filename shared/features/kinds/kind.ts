import type { Visit } from '../../domain/rank-request.ts';
import type { Column, ItemTable } from '../item-table.ts';
import { firstIndex } from '../sorted.ts';
import type { CheckInput } from './check.ts';
import type { CategorySpec } from './category.ts';
import type { ConstantSpec } from './constant.ts';
import type { ContextSpec } from './context.ts';
import type { CrossSpec } from './cross.ts';
import type { DateSoonSpec } from './date-soon.ts';
import type { HierarchySpec } from './hierarchy.ts';
import type { OrdinalDistanceSpec } from './ordinal-distance.ts';
import type { PriceToBudgetSpec } from './price-to-budget.ts';
import type { QuantileSpec } from './quantile.ts';
import type { RangeDistanceSpec } from './range-distance.ts';
import type { RecentDistanceSpec } from './recent-distance.ts';
import type { RecentSpec } from './recent.ts';
import type { SetOverlapSpec } from './set-overlap.ts';
import type { SlateRankSpec } from './slate-rank.ts';
import type { SlateRatioSpec } from './slate-ratio.ts';

export type FeatureSpec =
  | CategorySpec
  | ConstantSpec
  | ContextSpec
  | CrossSpec
  | DateSoonSpec
  | HierarchySpec
  | OrdinalDistanceSpec
  | PriceToBudgetSpec
  | QuantileSpec
  | RangeDistanceSpec
  | RecentDistanceSpec
  | RecentSpec
  | SetOverlapSpec
  | SlateRankSpec
  | SlateRatioSpec;

/**
 * A feature compiled for one request: where each row's bucket comes from.
 * The cheaper forms come first; scoring folds `constant` and `column` into per-column tables of units.
 */
export type FeaturePlan =
  | { readonly from: 'constant'; readonly bucket: number }
  /** `buckets[code]` for the codes of one column. */
  | { readonly from: 'column'; readonly column: number; readonly buckets: Uint8Array }
  /** `bucket` everywhere but in a few rows. */
  | { readonly from: 'sparse'; readonly bucket: number; readonly rows: ReadonlyMap<number, number> }
  /** `buckets[row]`. */
  | { readonly from: 'rows'; readonly buckets: Uint8Array };

export interface PlanInput {
  readonly table: ItemTable;
  readonly rowOf: (id: string) => number | undefined;
  readonly visit: Visit;
  /** Epoch ms of the request. */
  readonly nowMs: number;
  /** The plan of a feature listed earlier in the schema. */
  readonly planOf: (name: string) => FeaturePlan;
}

/** One way of turning (item, request) into a bucket. Bucket 0 is "missing" in all of them. */
export interface BucketKind<S> {
  /** @returns what is wrong with the spec and what it should be, or undefined. */
  check(spec: S, input: CheckInput): string | undefined;
  /** Number of buckets, the missing one included: 2..256. */
  size(spec: S): number;
  /** What bucket 1.. means, for people. */
  label(spec: S, bucket: number): string;
  plan(spec: S, input: PlanInput): FeaturePlan;
}

export const MISSING: FeaturePlan = { from: 'constant', bucket: 0 };

export function columnOf(input: PlanInput, name: string): number {
  return input.table.columns.findIndex((column) => column.spec.name === name);
}

/** A plan that reads one column: `fill` writes the buckets of its present codes. */
export function columnPlan(
  input: PlanInput,
  name: string,
  fill: (buckets: Uint8Array, column: Column) => void,
): FeaturePlan {
  const index = columnOf(input, name);
  const column = input.table.columns[index];
  const buckets = new Uint8Array(column.values.length);
  fill(buckets, column);
  buckets[0] = 0;
  return { from: 'column', column: index, buckets };
}

/**
 * A plan that reads a number or date column. Such dictionaries are sorted, so where `bucketOf` falls until
 * `isRising` and rises from there, equal buckets are runs of codes: their ends are found by halving, and few values are asked.
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

/** Index of the first edge that `value` does not exceed, or `edges.length`. */
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
    case 'sparse':
      return (row) => plan.rows.get(row) ?? plan.bucket;
    case 'rows':
      return (row) => plan.buckets[row];
    default:
      throw plan satisfies never;
  }
}
