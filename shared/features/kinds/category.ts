import { codesWith } from '../columns/codes-with-entry.ts';
import { needsColumn, needsDistinctTexts } from './check.ts';
import { columnPlan, STATIC, type BucketKind } from './kind.ts';
import { needsLevel } from './past.ts';

/**
 * Which of the listed values an item has: bucket i + 1 for `values[i]`, the last bucket for any other value. Of a path it is the
 * value at `level`, and missing where that is not known.
 */
export interface CategorySpec {
  readonly name: string;
  readonly kind: 'category';
  readonly column: string;
  /** Of a path, counted from the root. */
  readonly level?: number;
  readonly values: readonly string[];
}

export const category: BucketKind<CategorySpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['category', 'path']) ??
    needsLevel(input.columns, spec.column, spec.level) ??
    needsDistinctTexts('values', spec.values),
  size: (spec) => spec.values.length + 2,
  label: (spec, bucket) => spec.values[bucket - 1] ?? 'another',
  plan(spec, input) {
    return columnPlan(input, spec, STATIC, (buckets, column) => {
      buckets.fill(spec.values.length + 1);
      if (spec.level !== undefined)
        for (const code of codesWith(column, '', spec.level)) buckets[code] = 0;
      spec.values.forEach((value, index) => {
        for (const code of codesWith(column, value, spec.level)) buckets[code] = index + 1;
      });
    });
  },
};
