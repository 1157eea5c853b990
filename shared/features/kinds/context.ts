import { needsDistinctTexts, needsRising } from './check.ts';
import { MISSING, stepOf, type BucketKind } from './kind.ts';
import { numberOf } from './wish.ts';

/**
 * A fact about the request itself (device, hour, segment): bucket i + 1 for `values[i]` and one more for
 * any other, or the bin of a number among `edges`.
 */
export interface ContextSpec {
  readonly name: string;
  readonly kind: 'context';
  readonly key: string;
  readonly values?: readonly string[];
  readonly edges?: readonly number[];
}

export const context: BucketKind<ContextSpec> = {
  check(spec) {
    if (typeof spec.key !== 'string') return 'key must name an entry of the request context';
    if ((spec.values === undefined) === (spec.edges === undefined))
      return 'needs either values or edges';
    return spec.edges === undefined
      ? needsDistinctTexts('values', spec.values)
      : needsRising('edges', spec.edges);
  },
  size: (spec) => (spec.values ?? spec.edges)!.length + 2,
  label(spec, bucket) {
    if (spec.values !== undefined) return spec.values[bucket - 1] ?? 'another';
    const edge = spec.edges![bucket - 1];
    return edge === undefined ? `above ${spec.edges!.at(-1)}` : `up to ${edge}`;
  },
  plan(spec, input) {
    const value = input.visit.context[spec.key];
    if (value === undefined) return MISSING;
    if (spec.values !== undefined) {
      const index = spec.values.indexOf(String(value));
      return { from: 'constant', bucket: 1 + (index < 0 ? spec.values.length : index) };
    }
    const number = numberOf(typeof value === 'boolean' ? Number(value) : value);
    return Number.isNaN(number)
      ? MISSING
      : { from: 'constant', bucket: 1 + stepOf(spec.edges!, number) };
  },
};
