import type { Visit } from '../../domain/rank-request.ts';
import type { ColumnSpec } from '../columns/column-spec.ts';
import type { Column, ItemTable } from '../columns/item-table.ts';
import { firstIndex } from '../columns/binary-search.ts';
import { Kept } from '../../memory/kept.ts';
import type { CheckInput } from './check.ts';

/** A feature compiled for one request whose buckets follow from the codes of columns. */
export type CodePlan = Numbered &
  (
    | { readonly from: 'constant'; readonly bucket: number }
    /** The bucket of a row is `buckets[code]`, by its code in one column. */
    | { readonly from: 'column'; readonly column: number; readonly buckets: Uint8Array }
    /** The bucket of a row is `buckets[Σ stride · digits[code]]`, over its codes in several columns. */
    | {
        readonly from: 'columns';
        readonly parts: readonly CodePart[];
        readonly buckets: Uint8Array;
      }
  );

interface Numbered {
  /**
   * Of a plan that is kept for later requests: no other plan has it, so that plans of one table with the same number are the same,
   * and what follows from them can be kept as well. Absent of a plan that was made for one request.
   */
  readonly id?: number;
}

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
      readonly id?: undefined;
    }
  /** The bucket of a row is `buckets[row]`: by the caller's order, or of more combinations of codes than are worth a table. */
  | (Numbered & { readonly from: 'rows'; readonly buckets: Uint8Array });

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

/** A bucket for all rows: one plan of each is enough. */
const CONSTANTS: readonly CodePlan[] = Array.from({ length: 256 }, (_, bucket) => ({
  from: 'constant',
  bucket,
  id: bucket,
}));
export const constantPlan = (bucket: number): CodePlan => CONSTANTS[bucket];
export const MISSING: CodePlan = constantPlan(0);

/** Index of a column of the table. */
export function columnOf(input: PlanInput, name: string): number {
  return input.table.columns.findIndex((column) => column.spec.name === name);
}

/** The key of a plan that no request changes. */
export const STATIC = '';

let plansKept = CONSTANTS.length;
/** For the plans of one feature over one column, or over one table. */
const MOST_KEPT_BYTES = 1 << 19;

/** By what the plans are of and by feature; they live as long as what they are of. */
const kept = new WeakMap<object, Map<string, Kept<FeaturePlan>>>();
/** The same by the object that declares the feature, of which every version of the weights brings one of its own. */
const keptBySpec = new WeakMap<object, WeakMap<object, Kept<FeaturePlan>>>();

function keptOf(owner: object, spec: object): Kept<FeaturePlan> {
  let bySpec = keptBySpec.get(owner);
  if (bySpec === undefined) keptBySpec.set(owner, (bySpec = new WeakMap()));
  let own = bySpec.get(spec);
  if (own !== undefined) return own;
  let all = kept.get(owner);
  if (all === undefined) kept.set(owner, (all = new Map()));
  const declared = JSON.stringify(spec);
  own = all.get(declared);
  if (own === undefined) all.set(declared, (own = new Kept(MOST_KEPT_BYTES)));
  bySpec.set(spec, own);
  return own;
}

/**
 * The plan that an earlier request had, or else a new one that is kept. Columns of candidates serve one request, so nothing of them
 * is kept.
 * @param owner the column, or the table, that the plan is of. @param key all that the plan depends on beside the feature's
 * declaration and the owner; undefined where that cannot be told shortly.
 */
export function keptPlan<P extends FeaturePlan>(
  { table }: Pick<PlanInput, 'table'>,
  owner: object,
  spec: object,
  key: string | number | undefined,
  make: () => P,
): P {
  if (key === undefined || table.ordered) return make();
  const plans = keptOf(owner, spec);
  const before = plans.get(key) as P | undefined;
  if (before !== undefined) return before;
  const plan = make();
  if (plan.from === 'sparse') return plan;
  const numbered = plan.id === undefined ? { ...plan, id: plansKept++ } : plan;
  plans.set(key, numbered, 'buckets' in plan ? plan.buckets.length : 0);
  return numbered;
}

/**
 * A plan by the codes of one column. `fill` writes the buckets of the codes from 1 on.
 * @param key as that of `keptPlan`.
 */
export function columnPlan(
  input: PlanInput,
  spec: { readonly column?: string },
  key: string | number | undefined,
  fill: (buckets: Uint8Array, column: Column) => void,
): CodePlan {
  const index = columnOf(input, spec.column!);
  const column = input.table.columns[index];
  return keptPlan(input, column, spec, key, (): CodePlan => {
    const buckets = new Uint8Array(column.values.length);
    fill(buckets, column);
    buckets[0] = 0;
    return { from: 'column', column: index, buckets };
  });
}

/** Rising codes at which runs of equal buckets begin, and those buckets. */
interface Runs {
  readonly from: readonly number[];
  readonly buckets: readonly number[];
}

/**
 * A plan by the codes of a number or date column. The dictionary is sorted, so values with equal buckets form runs of
 * codes whose ends are found by binary search; `bucketOf` is called for few values only. Requests with the same runs share a plan.
 * @param key as that of `keptPlan`; undefined also where it hardly comes twice, such as a moment.
 * @param bucketOf must not increase before the first value for which `isRising` is true, and must not decrease from
 * there on.
 */
export function runsPlan(
  input: PlanInput,
  spec: { readonly column: string },
  key: string | number | undefined,
  bucketOf: (value: number) => number,
  isRising: (value: number) => boolean = () => true,
): CodePlan {
  const index = columnOf(input, spec.column);
  const column = input.table.columns[index];
  return keptPlan(input, column, spec, key, () => {
    const runs = runsOf(column, bucketOf, isRising);
    const { from, buckets: of } = runs;
    return keptPlan(input, column, spec, `|${from.join()}|${of.join()}`, (): CodePlan => {
      const buckets = new Uint8Array(column.values.length);
      for (let run = 0; run < from.length; run++)
        buckets.fill(of[run], from[run], from[run + 1] ?? buckets.length);
      return { from: 'column', column: index, buckets };
    });
  });
}

function runsOf(
  { values }: Column,
  bucketOf: (value: number) => number,
  isRising: (value: number) => boolean,
): Runs {
  const [from, buckets]: [number[], number[]] = [[], []];
  const valueAt = (code: number) => values[code] as number;
  const turnAt = firstIndex(1, values.length, (code) => isRising(valueAt(code)));
  for (let code = 1; code < values.length;) {
    const bucket = bucketOf(valueAt(code));
    const limit = code < turnAt ? turnAt : values.length;
    const end = firstIndex(code + 1, limit, (later) => bucketOf(valueAt(later)) !== bucket);
    from.push(code);
    buckets.push(bucket);
    code = end;
  }
  return { from, buckets };
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
