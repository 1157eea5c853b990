import { columnPlan, needsColumn, type BucketKind } from './kind.ts';

/** Which of the listed values an item has: bucket i + 1 for `values[i]`, the last for any other. */
export interface CategorySpec {
  readonly name: string;
  readonly kind: 'category';
  readonly column: string;
  readonly values: readonly string[];
}

export const category: BucketKind<CategorySpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['category']) ??
    (Array.isArray(spec.values) ? undefined : 'values must be a list of texts'),
  size: (spec) => spec.values.length + 2,
  label: (spec, bucket) => spec.values[bucket - 1] ?? 'another',
  plan(spec, input) {
    const known = new Map(spec.values.map((value, index) => [value, index + 1]));
    return columnPlan(
      input,
      spec.column,
      (value: string) => known.get(value) ?? spec.values.length + 1,
    );
  },
};
