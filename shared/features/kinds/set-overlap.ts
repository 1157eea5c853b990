import { own } from '../../domain/own.ts';
import { codesWith } from '../columns/codes-with-entry.ts';
import { needsColumn, needsMost } from './check.ts';
import { columnPlan, MISSING, type BucketKind } from './kind.ts';
import { preferredTexts } from './preference.ts';

/** How many of the preferred values the item has: bucket 1 = none, 2 = one, …, `most` + 1 = `most` or more. */
export interface SetOverlapSpec {
  readonly name: string;
  readonly kind: 'set-overlap';
  /** A set column, or a category column (treated as a set of one value). */
  readonly column: string;
  readonly preference: string;
  readonly most: number;
}

export const setOverlap: BucketKind<SetOverlapSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['set', 'category']) ?? needsMost(spec.most),
  size: (spec) => spec.most + 2,
  label(spec, bucket) {
    const count = bucket - 1;
    if (count === 0) return 'none of the wished';
    return count === spec.most ? `${count} or more of the wished` : `${count} of the wished`;
  },
  plan(spec, input) {
    const preference = own(input.visit.preferences, spec.preference);
    const preferred = preferredTexts(preference);
    if (preferred.size === 0) return MISSING;
    return columnPlan(input, spec, JSON.stringify(preference), (buckets, column) => {
      buckets.fill(1);
      for (const entry of preferred) {
        for (const code of codesWith(column, entry)) {
          if (buckets[code] <= spec.most) buckets[code]++;
        }
      }
    });
  },
};
