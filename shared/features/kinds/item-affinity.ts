import type { TouchType } from '../../domain/visitor-history.ts';
import type { ColumnSpec } from '../columns/column-spec.ts';
import { codesWith } from '../columns/codes-with-entry.ts';
import { firstIndex } from '../columns/binary-search.ts';
import type { Column } from '../columns/item-table.ts';
import { amountWords } from './bin-words.ts';
import { needsColumn, needsRising } from './check.ts';
import {
  columnOf,
  columnPlan,
  constantPlan,
  MISSING,
  stepOf,
  type BucketKind,
  type PlanInput,
} from './kind.ts';
import {
  entriesAt,
  needsBinsFromZero,
  needsHalfLife,
  needsLevel,
  needsTouchTypes,
  touchesIn,
  valueOf,
  weightAt,
  type DecaySpec,
} from './past.ts';

/**
 * How many of the items that the visitor saw, saved, booked or skipped before are like this one in a column: bucket 1 = none,
 * i + 1 = up to `edges[i]`, the last bucket above all. Alike is a category, a path at `level`, or a number between the same two
 * `levelEdges`; of a set it is the share of the earlier item's entries that this one has too. Each counts
 * `2^(−age / halfLifeDays)`. Without a column it is what was done with this very item.
 * Missing if nothing of the kind was done, or nothing is known of those items.
 */
export interface ItemAffinitySpec extends DecaySpec {
  readonly name: string;
  readonly kind: 'item-affinity';
  readonly column?: string;
  readonly level?: number;
  readonly levelEdges?: readonly number[];
  /** What was done. Likes and dislikes are features of their own, so that each has weights of its own. */
  readonly only: readonly TouchType[];
  readonly edges: readonly number[];
}

export const itemAffinity: BucketKind<ItemAffinitySpec> = {
  check(spec, input) {
    const common =
      needsTouchTypes(spec.only) ?? needsHalfLife(spec) ?? needsBinsFromZero(spec.edges);
    if (common !== undefined) return common;
    const { column: name } = spec;
    if (name === undefined)
      return spec.level === undefined && spec.levelEdges === undefined
        ? undefined
        : 'level and levelEdges need a column';
    const isNumber = input.columns.some(
      (column) => column.name === name && column.type === 'number',
    );
    return (
      needsColumn(input, name, ['category', 'set', 'path', 'number']) ??
      needsLevel(input.columns, name, spec.level) ??
      (isNumber ? needsRising('levelEdges', spec.levelEdges) : undefined) ??
      (isNumber || spec.levelEdges === undefined ? undefined : 'levelEdges are of number columns')
    );
  },
  size: (spec) => spec.edges.length + 2,
  label(spec, bucket, { columns }) {
    const did = spec.only.join(' or ');
    const count = amountWords(spec.edges, bucket - 1);
    const counted = bucket === 1 ? '' : ', old ones counted less';
    if (spec.column === undefined)
      return bucket === 1 ? `not ${did} before` : `${did} ${count} times${counted}`;
    const items = bucket === 1 ? 'no item' : `${count} items`;
    return `shares its ${sharedOf(spec, columns)} with ${items} ${did} before${counted}`;
  },
  plan(spec, input) {
    const bucketOf = (count: number) => 1 + stepOf(spec.edges, count);
    if (spec.column === undefined) return ownPlan(spec, input, bucketOf);
    const index = columnOf(input, spec.column);
    const counts = new Map<string | number, number>();
    for (const { itemId, agoHours } of touchesIn(input, spec.only)) {
      const value = valueOf(input, itemId, index);
      if (value === undefined) continue;
      const entries =
        typeof value === 'number' ? [levelOf(spec, value)] : entriesAt(value, spec.level);
      for (const entry of entries)
        counts.set(entry, (counts.get(entry) ?? 0) + weightAt(agoHours, spec) / entries.length);
    }
    if (counts.size === 0) return MISSING;
    return columnPlan(input, spec, undefined, (buckets, column) => {
      if (spec.levelEdges === undefined) fillEntries(buckets, column, spec, counts, bucketOf);
      else fillLevels(buckets, column, spec.levelEdges, counts, bucketOf);
    });
  },
};

/** What alike items have in common, such as `continent` and `price level`. */
function sharedOf(
  { column: name, level, levelEdges }: ItemAffinitySpec,
  columns: readonly ColumnSpec[],
): string {
  if (levelEdges !== undefined) return `${name} level`;
  const column = columns.find((one) => one.name === name);
  return (level === undefined ? undefined : column?.from?.[level]) ?? name!;
}

const levelOf = ({ levelEdges }: ItemAffinitySpec, value: number) => stepOf(levelEdges!, value);

function fillEntries(
  buckets: Uint8Array,
  column: Column,
  { level }: ItemAffinitySpec,
  counts: ReadonlyMap<string | number, number>,
  bucketOf: (count: number) => number,
): void {
  buckets.fill(1);
  // An item whose path ends above the level has no value there that could be alike.
  if (level !== undefined) for (const code of codesWith(column, '', level)) buckets[code] = 0;
  const sums = new Map<number, number>();
  for (const [entry, count] of counts)
    for (const code of codesWith(column, String(entry), level ?? 0))
      sums.set(code, (sums.get(code) ?? 0) + count);
  for (const [code, sum] of sums) buckets[code] = bucketOf(sum);
}

/** The dictionary is sorted, so each level is a run of codes. */
function fillLevels(
  buckets: Uint8Array,
  { values }: Column,
  edges: readonly number[],
  counts: ReadonlyMap<string | number, number>,
  bucketOf: (count: number) => number,
): void {
  let from = 1;
  for (let level = 0; level <= edges.length; level++) {
    const to =
      level === edges.length
        ? values.length
        : firstIndex(from, values.length, (code) => (values[code] as number) > edges[level]);
    buckets.fill(bucketOf(counts.get(level) ?? 0), from, to);
    from = to;
  }
}

function ownPlan(
  spec: ItemAffinitySpec,
  input: PlanInput,
  bucketOf: (count: number) => number,
): ReturnType<BucketKind<ItemAffinitySpec>['plan']> {
  const touches = touchesIn(input, spec.only);
  if (touches.length === 0) return MISSING;
  const counts = new Map<number, number>();
  for (const { itemId, agoHours } of touches) {
    const row = input.rowOf(itemId);
    if (row !== undefined) counts.set(row, (counts.get(row) ?? 0) + weightAt(agoHours, spec));
  }
  const rows = new Map([...counts].map(([row, count]) => [row, bucketOf(count)]));
  const others = constantPlan(1);
  return rows.size === 0 ? others : { from: 'sparse', others, rows };
}
