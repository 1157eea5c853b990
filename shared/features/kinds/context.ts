import { own } from '../../domain/own.ts';
import { binWords } from './bin-words.ts';
import { needsDistinctTexts, needsRising } from './check.ts';
import { constantPlan, MISSING, stepOf, type BucketKind } from './kind.ts';
import { numberOf } from './preference.ts';

/**
 * A fact about the request (device, hour, segment). With `values`: bucket i + 1 for `values[i]` and the last bucket
 * for any other value. With `edges`: bucket i + 1 for a number up to `edges[i]`, the last bucket above all.
 */
export interface ContextSpec {
  readonly name: string;
  readonly kind: 'context';
  /** Name of the entry of the request's context. */
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
    return binWords(spec.edges!, bucket - 1);
  },
  plan(spec, input) {
    const value = own(input.visit.context, spec.key);
    if (value === undefined) return MISSING;
    if (spec.values !== undefined) {
      const index = spec.values.indexOf(String(value));
      return constantPlan(1 + (index < 0 ? spec.values.length : index));
    }
    const number = numberOf(typeof value === 'boolean' ? Number(value) : value);
    return Number.isNaN(number) ? MISSING : constantPlan(1 + stepOf(spec.edges!, number));
  },
};
