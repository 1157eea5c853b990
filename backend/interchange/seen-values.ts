import type { Schema } from '../../shared/features/schema.ts';
import { bucketCount } from '../../shared/features/schema.ts';
import { goesLeft, type ForeignTest, type NumberTest } from './foreign-model.ts';

/** What a model that was trained elsewhere saw in the place of a feature's buckets. */
export type SeenValues =
  /** One value per bucket, from 0 (missing) on; NaN where it was missing. */
  | { readonly as: 'values'; readonly values: readonly number[] }
  /** Numbers: those of bucket b from 1 on lie above `edges[b − 2]` and up to `edges[b − 1]`. */
  | { readonly as: 'numbers'; readonly edges: readonly number[] }
  /** Texts: bucket b from 1 on is `texts[b − 1]`, the last one any other text. */
  | { readonly as: 'texts'; readonly texts: readonly string[] };

/** The codes themselves. @param missing what stood in the place of code 0. */
export const seenCodes = (size: number, missing: 'zero' | 'nan'): SeenValues => ({
  as: 'values',
  values: Array.from({ length: size }, (_, code) =>
    code === 0 && missing === 'nan' ? Number.NaN : code,
  ),
});

/** Raw values of the column or request that a feature reads; undefined where its buckets do not follow from one value alone. */
export function seenRaw(
  spec: Schema['features'][number],
): { readonly column: string; readonly seen: SeenValues } | undefined {
  switch (spec.kind) {
    case 'quantile':
      return { column: spec.column, seen: { as: 'numbers', edges: spec.edges } };
    case 'category':
      return spec.level === undefined
        ? { column: spec.column, seen: { as: 'texts', texts: spec.values } }
        : undefined;
    case 'context':
      return {
        column: spec.key,
        seen:
          spec.edges === undefined
            ? { as: 'texts', texts: spec.values! }
            : { as: 'numbers', edges: spec.edges },
      };
    case 'request-time': {
      if (spec.edges !== undefined)
        return { column: spec.part, seen: { as: 'numbers', edges: spec.edges } };
      const first = spec.part === 'hour' ? 0 : 1;
      const values = Array.from({ length: bucketCount(spec) }, (_, bucket) =>
        bucket === 0 ? Number.NaN : first + bucket - 1,
      );
      return { column: spec.part, seen: { as: 'values', values } };
    }
    default:
      return undefined;
  }
}

export interface ReadTest {
  /** By bucket 1 where the test sends it left. */
  readonly left: Uint8Array;
  /** How far the threshold was moved to an edge; absent where it lies on one. */
  readonly moved?: { readonly from: number; readonly to: number };
}

export interface TestReading {
  readonly isFloat32: boolean;
  /** Of the tested feature, where the file lists the texts of its categories. */
  readonly texts: readonly string[] | undefined;
  /** Moves thresholds that lie within a bucket to the nearest edge, in place of refusing them. */
  readonly nearestEdge: boolean;
}

/** A test of values as one of buckets. @returns why it cannot be one, as a clause. */
export function readTest(
  test: ForeignTest,
  seen: SeenValues,
  size: number,
  reading: TestReading,
): ReadTest | string {
  if (seen.as === 'values')
    return { left: Uint8Array.from(seen.values, (value) => Number(goesLeft(test, value))) };
  if (seen.as === 'texts')
    return test.kind === 'category'
      ? textsLeft(test, seen.texts, size, reading.texts)
      : 'it compares texts as numbers';
  if (test.kind === 'category') return 'it takes numbers for categories';
  return numbersLeft(test, seen.edges, reading);
}

function textsLeft(
  test: Extract<ForeignTest, { kind: 'category' }>,
  values: readonly string[],
  size: number,
  texts: readonly string[] | undefined,
): ReadTest | string {
  if (texts === undefined) return 'the file does not say which text each category is';
  const sideOf = (category: number) => Number(test.listed.has(category) === test.listedLeft);
  // A text that the model never saw is listed nowhere.
  const unseen = Number(!test.listedLeft);
  const left = new Uint8Array(size);
  left[0] = Number(test.missingLeft);
  values.forEach((value, i) => {
    const category = texts.indexOf(value);
    left[i + 1] = category < 0 ? unseen : sideOf(category);
  });
  const others = texts.flatMap((text, category) =>
    values.includes(text) ? [] : [{ text, side: sideOf(category) }],
  );
  const differing = others.find(({ side }) => side !== others[0].side);
  if (differing !== undefined)
    return `"${others[0].text}" and "${differing.text}" go different ways, and both are another value than those that the feature lists`;
  left[size - 1] = others[0]?.side ?? unseen;
  return { left };
}

function numbersLeft(
  test: NumberTest,
  edges: readonly number[],
  { isFloat32, nearestEdge }: TestReading,
): ReadTest | string {
  // As the library sees an edge: what it rounds to. Values just above an edge may round to it.
  const rounded = isFloat32 ? edges.map(Math.fround) : edges;
  /** The threshold that divides values where the edge does. */
  const dividing = (edge: number) =>
    test.isInclusive ? edge : isFloat32 ? nextFloat32(edge) : nextFloat64(edge);
  const { threshold } = test;
  let step = rounded.findIndex((edge) => threshold === dividing(edge));
  let moved: ReadTest['moved'];
  // Tests for missing values alone: all others go to one side.
  if (threshold === Number.POSITIVE_INFINITY) step = edges.length;
  else if (threshold === Number.NEGATIVE_INFINITY) step = -1;
  else if (step < 0) {
    step = nearest(edges, threshold);
    if (!nearestEdge)
      return `its threshold ${threshold} is no edge of the buckets (the nearest is ${edges[step]})`;
    moved = { from: threshold, to: edges[step] };
  }
  const left = Uint8Array.from({ length: edges.length + 2 }, (_, bucket) =>
    Number(bucket === 0 ? test.missingLeft : bucket <= step + 1),
  );
  if (test.zeroIsMissing) {
    // 0 goes where missing values go, and with it the rest of its bucket must.
    const bucket = 1 + edges.findIndex((edge) => 0 <= edge);
    const own = left[bucket === 0 ? edges.length + 1 : bucket];
    if (own !== Number(test.missingLeft))
      return '0 counts as missing and goes another way than the rest of its bucket';
  }
  return { left, ...(moved && { moved }) };
}

function nearest(edges: readonly number[], value: number): number {
  let best = 0;
  edges.forEach((edge, i) => {
    if (Math.abs(edge - value) < Math.abs(edges[best] - value)) best = i;
  });
  return best;
}

/** The next larger number that has the type. */
function nextFloat32(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  if (value === 0) return 2 ** -149;
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + (value > 0 ? 1 : -1));
  return view.getFloat32(0);
}

function nextFloat64(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  if (value === 0) return Number.MIN_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}
