import { columnPlan, MISSING, needsColumn, wishedTexts, type BucketKind } from './kind.ts';

/** How many of the wished values the item has: bucket 1 = none, 2 = one, … `most` + 1 = `most` or more. */
export interface SetOverlapSpec {
  readonly name: string;
  readonly kind: 'set-overlap';
  /** A set column, or a category column (a set of one). */
  readonly column: string;
  readonly preference: string;
  readonly most: number;
}

export const setOverlap: BucketKind<SetOverlapSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['set', 'category']) ??
    (Number.isInteger(spec.most) && spec.most >= 1
      ? undefined
      : 'most must be a whole number from 1'),
  size: (spec) => spec.most + 2,
  label(spec, bucket) {
    const count = bucket - 1;
    if (count === 0) return 'none of the wished';
    return count === spec.most ? `${count} or more of the wished` : `${count} of the wished`;
  },
  plan(spec, input) {
    const wished = wishedTexts(input.visit.preferences[spec.preference]);
    if (wished.size === 0) return MISSING;
    return columnPlan(input, spec.column, (value: string | readonly string[]) => {
      const has = typeof value === 'string' ? [value] : value;
      let overlap = 0;
      for (const entry of has) if (wished.has(entry)) overlap++;
      return 1 + Math.min(overlap, spec.most);
    });
  },
};
