import { bucketReader, MISSING, type BucketKind, type FeaturePlan } from './kind.ts';

/**
 * The combination of two earlier features with buckets a and b: bucket 1 + (a − 1) · B + (b − 1), where B is the
 * number of buckets of the second feature without the missing one. Missing if either is missing.
 */
export interface CrossSpec {
  readonly name: string;
  readonly kind: 'cross';
  readonly of: readonly [string, string];
  /** Number of buckets of each without the missing one; filled in when the schema is parsed. */
  readonly sizes: readonly [number, number];
}

export const cross: BucketKind<CrossSpec> = {
  check(spec, input) {
    if (!Array.isArray(spec.of) || spec.of.length !== 2) return 'of must name two earlier features';
    const missing = spec.of.find((name) => !input.earlier.some((feature) => feature.name === name));
    return missing === undefined ? undefined : `there is no feature "${missing}" before this one`;
  },
  size: (spec) => spec.sizes[0] * spec.sizes[1] + 1,
  label: (spec, bucket) =>
    `${spec.of[0]} ${Math.floor((bucket - 1) / spec.sizes[1]) + 1} × ${spec.of[1]} ${((bucket - 1) % spec.sizes[1]) + 1}`,
  plan(spec, input) {
    const [a, b] = [input.planOf(spec.of[0]), input.planOf(spec.of[1])];
    const pair = (x: number, y: number) =>
      x === 0 || y === 0 ? 0 : 1 + (x - 1) * spec.sizes[1] + (y - 1);
    if (isMissing(a) || isMissing(b)) return MISSING;
    if (a.from === 'constant' && b.from === 'constant')
      return { from: 'constant', bucket: pair(a.bucket, b.bucket) };
    if (a.from === 'column' && b.from === 'constant')
      return { ...a, buckets: a.buckets.map((x) => pair(x, b.bucket)) };
    if (a.from === 'constant' && b.from === 'column')
      return { ...b, buckets: b.buckets.map((y) => pair(a.bucket, y)) };
    if (a.from === 'column' && b.from === 'column' && a.column === b.column) {
      return { ...a, buckets: a.buckets.map((x, code) => pair(x, b.buckets[code])) };
    }
    if (a.from === 'sparse' && b.from === 'constant')
      return {
        from: 'sparse',
        bucket: pair(a.bucket, b.bucket),
        rows: mapValues(a.rows, (x) => pair(x, b.bucket)),
      };
    if (a.from === 'constant' && b.from === 'sparse')
      return {
        from: 'sparse',
        bucket: pair(a.bucket, b.bucket),
        rows: mapValues(b.rows, (y) => pair(a.bucket, y)),
      };
    const [atA, atB] = [bucketReader(a, input.table), bucketReader(b, input.table)];
    return {
      from: 'rows',
      buckets: Uint8Array.from(input.table.ids, (_, row) => pair(atA(row), atB(row))),
    };
  },
};

const isMissing = (plan: FeaturePlan) => plan.from === 'constant' && plan.bucket === 0;

const mapValues = (rows: ReadonlyMap<number, number>, f: (bucket: number) => number) =>
  new Map([...rows].map(([row, bucket]) => [row, f(bucket)]));
