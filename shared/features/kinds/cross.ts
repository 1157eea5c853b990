import { combinePlans, pairKey } from './combine-plans.ts';
import { keptPlan, MISSING, type BucketKind, type FeaturePlan } from './kind.ts';

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
  label({ of: [a, b], sizes }, bucket, { partLabel }) {
    const [x, y] = [Math.floor((bucket - 1) / sizes[1]), (bucket - 1) % sizes[1]];
    return `${partLabel(a, x + 1)} × ${partLabel(b, y + 1)}`;
  },
  plan(spec, input) {
    const [a, b] = [input.planOf(spec.of[0]), input.planOf(spec.of[1])];
    const pair = (x: number, y: number) =>
      x === 0 || y === 0 ? 0 : 1 + (x - 1) * spec.sizes[1] + (y - 1);
    if (isMissing(a) || isMissing(b)) return MISSING;
    return keptPlan(input, input.table, spec, pairKey(a, b), () =>
      combinePlans(a, b, input.table, pair),
    );
  },
};

const isMissing = (plan: FeaturePlan) => plan.from === 'constant' && plan.bucket === 0;
