import { needsColumn, needsRising } from './check.ts';
import { runsPlan, stepOf, type BucketKind } from './kind.ts';

/**
 * Which bin a number falls in: bucket i + 1 when at most `edges[i]`, the last above all.
 * The edges are part of the schema (`quantileEdges` proposes them from data), so bins cannot drift between snapshots.
 */
export interface QuantileSpec {
  readonly name: string;
  readonly kind: 'quantile';
  readonly column: string;
  readonly edges: readonly number[];
}

export const quantile: BucketKind<QuantileSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['number', 'date']) ?? needsRising('edges', spec.edges),
  size: (spec) => spec.edges.length + 2,
  label(spec, bucket) {
    const edge = spec.edges[bucket - 1];
    return edge === undefined ? `above ${spec.edges.at(-1)}` : `up to ${edge}`;
  },
  plan: (spec, input) => runsPlan(input, spec.column, (value) => 1 + stepOf(spec.edges, value)),
};
