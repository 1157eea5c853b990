import { binWords } from './bin-words.ts';
import { needsColumn, needsRising } from './check.ts';
import { runsPlan, STATIC, stepOf, type BucketKind } from './kind.ts';

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
  label({ column, edges }, bucket, { columns }) {
    const isDate = columns.some(({ name, type }) => name === column && type === 'date');
    return binWords(edges, bucket - 1, isDate ? dateText : String);
  },
  plan: (spec, input) => runsPlan(input, spec, STATIC, (value) => 1 + stepOf(spec.edges, value)),
};

/** Of epoch ms, the day where that says all. An edge may be a number that no date has. */
function dateText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime())
    ? String(ms)
    : date.toISOString().replace('T00:00:00.000Z', '');
}
