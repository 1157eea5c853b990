import type { ItemTable } from '../columns/item-table.ts';
import {
  bucketReader,
  constantPlan,
  rowsPlan,
  type CodePart,
  type CodePlan,
  type FeaturePlan,
} from './kind.ts';

/**
 * The plan of what two features' buckets make together, in the cheapest form that both allow.
 * @param pair of a bucket of the first and one of the second: 0 to 255.
 */
export function combinePlans(
  a: FeaturePlan,
  b: FeaturePlan,
  table: ItemTable,
  pair: (x: number, y: number) => number,
): FeaturePlan {
  const [atA, atB] = [bucketReader(a, table), bucketReader(b, table)];
  const at = (row: number) => pair(atA(row), atB(row));
  if (a.from !== 'rows' && b.from !== 'rows') {
    const others = combineCodes(commonOf(a), commonOf(b), pair);
    const apart = [a, b].flatMap((plan) => (plan.from === 'sparse' ? [...plan.rows.keys()] : []));
    if (others !== undefined)
      return apart.length === 0
        ? others
        : { from: 'sparse', others, rows: new Map(apart.map((row) => [row, at(row)])) };
  }
  return rowsPlan(table, at);
}

/** What a combination of two plans of one table is kept by; undefined where one of them was made for this request. */
export const pairKey = (a: FeaturePlan, b: FeaturePlan): string | undefined =>
  a.id === undefined || b.id === undefined ? undefined : `${a.id} ${b.id}`;

/** Crosses of crosses of crosses could have so many combinations that a bucket of each row takes less. */
const MOST_COMBINATIONS = 4096;

const commonOf = (plan: Exclude<FeaturePlan, { from: 'rows' }>): CodePlan =>
  plan.from === 'sparse' ? plan.others : plan;

/** @returns undefined where there are too many combinations. */
function combineCodes(
  a: CodePlan,
  b: CodePlan,
  pair: (x: number, y: number) => number,
): CodePlan | undefined {
  if (a.from === 'constant' && b.from === 'constant') return constantPlan(pair(a.bucket, b.bucket));
  if (a.from === 'constant' && b.from !== 'constant')
    return withBuckets(b, (y) => pair(a.bucket, y));
  if (a.from !== 'constant' && b.from === 'constant')
    return withBuckets(a, (x) => pair(x, b.bucket));
  if (a.from === 'column' && b.from === 'column' && a.column === b.column)
    return withBuckets(a, (x, code) => pair(x, b.buckets[code]));
  const [first, second] = [combinationsOf(a), combinationsOf(b)];
  const width = second.buckets.length;
  if (first.buckets.length * width > MOST_COMBINATIONS) return undefined;
  const buckets = new Uint8Array(first.buckets.length * width);
  first.buckets.forEach((x, i) =>
    second.buckets.forEach((y, j) => (buckets[i * width + j] = pair(x, y))),
  );
  const parts = [
    ...first.parts.map((part) => ({ ...part, stride: part.stride * width })),
    ...second.parts,
  ];
  return { from: 'columns', parts, buckets };
}

/** A plan of the same columns with other buckets, which has no number yet. */
function withBuckets(
  plan: Exclude<CodePlan, { from: 'constant' }>,
  map: (bucket: number, at: number) => number,
): CodePlan {
  const buckets = plan.buckets.map(map);
  return plan.from === 'column'
    ? { from: 'column', column: plan.column, buckets }
    : { from: 'columns', parts: plan.parts, buckets };
}

/** What a plan's columns can make together. Of one column these are its buckets, which are far fewer than its codes. */
function combinationsOf(plan: CodePlan): {
  readonly parts: readonly CodePart[];
  readonly buckets: Uint8Array;
} {
  if (plan.from === 'columns') return plan;
  if (plan.from === 'constant') return { parts: [], buckets: Uint8Array.of(plan.bucket) };
  const { column, buckets } = plan;
  let most = 0;
  for (let code = 0; code < buckets.length; code++) if (buckets[code] > most) most = buckets[code];
  return {
    parts: [{ column, digits: buckets, stride: 1, size: most + 1 }],
    buckets: Uint8Array.from({ length: most + 1 }, (_, bucket) => bucket),
  };
}
