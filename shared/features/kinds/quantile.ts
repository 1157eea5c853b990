import { needsColumn, needsRising } from './check.ts';
import { runsPlan, stepOf, type BucketKind } from './kind.ts';

/**
 * Which bin a number falls into: bucket i + 1 if at most `edges[i]`, the last bucket above all edges. The edges are
 * part of the schema (`quantileEdges` computes them from data), so the bins are the same in every snapshot.
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
