import type { Visit } from '../../domain/rank-request.ts';
import type { ItemTable } from '../item-table.ts';
import type { ColumnSpec } from '../schema.ts';
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
 * The cheaper forms come first; scoring folds `constant` and `table` into per-column point tables.
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

export interface CheckInput {
  readonly columns: readonly ColumnSpec[];
  readonly earlier: readonly FeatureSpec[];
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

/** A plan that reads one column: `bucketOf` is asked once per distinct value, never per item. */
export function columnPlan<V>(
  input: PlanInput,
  name: string,
  bucketOf: (value: V) => number,
): FeaturePlan {
  const column = columnOf(input, name);
  const { values } = input.table.columns[column]!;
  const buckets = new Uint8Array(values.length);
  for (let code = 1; code < values.length; code++) buckets[code] = bucketOf(values[code] as V);
  return { from: 'column', column, buckets };
}

/** @returns what is wrong, unless the schema has a column of one of these types. */
export function needsColumn(
  input: CheckInput,
  name: string,
  types: readonly ColumnSpec['type'][],
): string | undefined {
  const column = input.columns.find((entry) => entry.name === name);
  if (column === undefined) return `there is no column "${name}"`;
  return types.includes(column.type)
    ? undefined
    : `column "${name}" must be of type ${types.join(' or ')}, but is ${column.type}`;
}

/** @returns what is wrong, unless these are finite numbers in strictly rising order. */
export function needsRising(name: string, edges: readonly number[]): string | undefined {
  const fine =
    Array.isArray(edges) &&
    edges.length > 0 &&
    edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!));
  return fine ? undefined : `${name} must be finite numbers in rising order`;
}

/** The texts a wish names: one, several, or none where it is of another form. */
export function wishedTexts(wish: unknown): ReadonlySet<string> {
  const texts = typeof wish === 'string' ? [wish] : Array.isArray(wish) ? (wish as string[]) : [];
  return new Set(texts.filter((text) => text !== ''));
}

/** A number, or a text that reads as one; anything else (an empty text, a list) is NaN. */
export function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : Number.NaN;
}

/** Index of the first edge that `value` does not exceed, or `edges.length`. */
export function stepOf(edges: readonly number[], value: number): number {
  let step = 0;
  while (step < edges.length && value > edges[step]!) step++;
  return step;
}

/** The bucket of each row, whatever the plan's form. */
export function bucketReader(plan: FeaturePlan, table: ItemTable): (row: number) => number {
  switch (plan.from) {
    case 'constant':
      return () => plan.bucket;
    case 'column': {
      const { codes } = table.columns[plan.column]!;
      return (row) => plan.buckets[codes[row]!]!;
    }
    case 'sparse':
      return (row) => plan.rows.get(row) ?? plan.bucket;
    case 'rows':
      return (row) => plan.buckets[row]!;
    default:
      throw plan satisfies never;
  }
}
