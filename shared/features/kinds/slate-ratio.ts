import { touchesOf } from './recent.ts';
import { binWords } from './bin-words.ts';
import { needsColumn, needsTexts, needsRising } from './check.ts';
import type { Column } from '../columns/item-table.ts';
import { rowsByCode } from '../columns/rows-by-code.ts';
import {
  columnOf,
  MISSING,
  rowsPlan,
  runsPlan,
  stepOf,
  type BucketKind,
  type PlanInput,
} from './kind.ts';

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
    const column = input.table.columns[columnOf(input, spec.column)];
    const { codes } = column;
    const numberOf = (code: number) =>
      code === 0 ? Number.NaN : Math.max(column.values[code] as number, 1);
    const bucketOf = (value: number, reference: number) => {
      const ratio = value / reference;
      return Number.isNaN(ratio) ? 0 : 1 + stepOf(spec.edges, ratio);
    };
    if (spec.to === 'lowest-above') {
      if (!input.table.ordered) return MISSING;
      let lowest = Number.NaN;
      return rowsPlan(input.table, (row) => {
        const own = numberOf(codes[row]);
        const bucket = bucketOf(own, lowest);
        if (!Number.isNaN(own) && !(lowest <= own)) lowest = own;
        return bucket;
      });
    }
    const reference =
      spec.to === 'median'
        ? medianOf(column, numberOf)
        : touchedNumber(spec, input, (row) => numberOf(codes[row]));
    if (Number.isNaN(reference)) return MISSING;
    return runsPlan(input, spec, reference, (value) => bucketOf(Math.max(value, 1), reference));
  },
};

/** @returns NaN if no touched item has a number to refer to. */
function touchedNumber(
  { to, only }: SlateRatioSpec,
  { visit, rowOf }: PlanInput,
  at: (row: number) => number,
): number {
  const touched = [...touchesOf(visit.recent, only).keys()]
    .map((id) => rowOf(id))
    .filter((row) => row !== undefined)
    .map(at)
    .filter((value) => !Number.isNaN(value));
  if (to === 'last-touched') return touched[0] ?? Number.NaN;
  return touched.reduce((sum, value) => sum + value, 0) / touched.length;
}

/** The median of a table's items, read off the sorted dictionary. @returns NaN if no item has a number. */
function medianOf(column: Column, numberOf: (code: number) => number): number {
  const counts = rowsByCode(column);
  const count = column.codes.length - counts[0];
  if (count === 0) return Number.NaN;
  const at = (rank: number) => {
    let code = 0;
    for (let left = rank; left >= 0; left -= counts[code]) code++;
    return numberOf(code);
  };
  const middle = count >> 1;
  return count % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
}
