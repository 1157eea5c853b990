import { codesWith } from '../columns/codes-with-entry.ts';
import { needsColumn, needsDistinctTexts } from './check.ts';
import { columnPlan, type BucketKind } from './kind.ts';

/** Which of the listed values an item has: bucket i + 1 for `values[i]`, the last bucket for any other value. */
export interface CategorySpec {
  readonly name: string;
  readonly kind: 'category';
  readonly column: string;
  readonly values: readonly string[];
}

export const category: BucketKind<CategorySpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['category']) ?? needsDistinctTexts('values', spec.values),
  size: (spec) => spec.values.length + 2,
  label: (spec, bucket) => spec.values[bucket - 1] ?? 'another',
  plan(spec, input) {
    return columnPlan(input, spec.column, (buckets, column) => {
      buckets.fill(spec.values.length + 1);
      spec.values.forEach((value, index) => {
        for (const code of codesWith(column, value)) buckets[code] = index + 1;
      });
    });
  },
};
