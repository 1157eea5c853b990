import { touchesOf } from './recent.ts';
import { binWords } from './bin-words.ts';
import { needsColumn, needsTexts, needsRising } from './check.ts';
import { columnOf, MISSING, rowsPlan, stepOf, type BucketKind, type PlanInput } from './kind.ts';

/**
 * The ratio of the item's number to a reference number of the ranked items, in bins by `edges`. The reference `to` is
 * - `median`: the median of all ranked items
 * - `touched`: the mean of the items touched in the session; `only` restricts the types of touch
 * - `last-touched`: the item touched last
 * - `lowest-above`: the lowest number among the items above this one in the caller's order
 * Missing if there is no reference. Numbers below 1 count as 1, so that ratios stay finite.
 */
export interface SlateRatioSpec {
  readonly name: string;
  readonly kind: 'slate-ratio';
  readonly column: string;
  readonly to: 'median' | 'touched' | 'last-touched' | 'lowest-above';
  readonly only?: readonly string[];
  readonly edges: readonly number[];
}

const REFERENCES = ['median', 'touched', 'last-touched', 'lowest-above'];

export const slateRatio: BucketKind<SlateRatioSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['number']) ??
    (REFERENCES.includes(spec.to) ? undefined : `to must be one of ${REFERENCES.join(', ')}`) ??
    needsRising('edges', spec.edges) ??
    needsTexts('only', spec.only ?? []),
  size: (spec) => spec.edges.length + 2,
  label(spec, bucket) {
    const against = {
      median: `the median ${spec.column}`,
      touched: `the mean ${spec.column} of those touched`,
      'last-touched': `the ${spec.column} of the one touched last`,
      'lowest-above': `the lowest ${spec.column} above`,
    }[spec.to];
    return `${binWords(spec.edges, bucket - 1)} times ${against}`;
  },
  plan(spec, input) {
    const { codes, values } = input.table.columns[columnOf(input, spec.column)];
    const floored = values.map((value, code) =>
      code === 0 ? Number.NaN : Math.max(value as number, 1),
    );
    const at = (row: number) => floored[codes[row]];
    const bucketOf = (value: number, reference: number) => {
      const ratio = value / reference;
      return Number.isNaN(ratio) ? 0 : 1 + stepOf(spec.edges, ratio);
    };
    if (spec.to === 'lowest-above') {
      if (!input.table.ordered) return MISSING;
      let lowest = Number.NaN;
      return rowsPlan(input.table, (row) => {
        const own = at(row);
        const bucket = bucketOf(own, lowest);
        if (!Number.isNaN(own) && !(lowest <= own)) lowest = own;
        return bucket;
      });
    }
    const reference = referenceOf(spec, input, at);
    if (Number.isNaN(reference)) return MISSING;
    return rowsPlan(input.table, (row) => bucketOf(at(row), reference));
  },
};

/** @returns NaN if no item has a number to refer to. */
function referenceOf(spec: SlateRatioSpec, input: PlanInput, at: (row: number) => number): number {
  if (spec.to === 'median')
    return median(input.table.ids.map((_, row) => at(row)).filter((value) => !Number.isNaN(value)));
  const touched = [...touchesOf(input.visit.recent, spec.only).keys()]
    .map((id) => input.rowOf(id))
    .filter((row) => row !== undefined)
    .map(at)
    .filter((value) => !Number.isNaN(value));
  if (spec.to === 'last-touched') return touched[0] ?? Number.NaN;
  return touched.reduce((sum, value) => sum + value, 0) / touched.length;
}

function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
