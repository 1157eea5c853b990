import { own } from '../../domain/own.ts';
import { codesWith } from '../columns/codes-with-entry.ts';
import { needsColumn, needsTexts } from './check.ts';
import { columnPlan, MISSING, type BucketKind } from './kind.ts';
import { preferredTexts } from './preference.ts';

/**
 * How deep a path (continent, country) matches the visitor's preferences: bucket 1 = at the deepest level, 2 = at the
 * level above it, …, the last bucket = at no level. `preferences[i]` names the preference for level i of the path.
 */
export interface HierarchySpec {
  readonly name: string;
  readonly kind: 'hierarchy';
  readonly column: string;
  readonly preferences: readonly string[];
}

export const hierarchy: BucketKind<HierarchySpec> = {
  check(spec, input) {
    const depth = input.columns.find(({ name }) => name === spec.column)?.from?.length ?? 1;
    return (
      needsColumn(input, spec.column, ['path']) ??
      needsTexts('preferences', spec.preferences) ??
      (spec.preferences.length === depth
        ? undefined
        : `preferences must list ${depth} names, one per level of the path`)
    );
  },
  size: (spec) => spec.preferences.length + 2,
  label(spec, bucket) {
    const wished = spec.preferences.toReversed()[bucket - 1];
    return wished === undefined ? 'elsewhere' : `among the wished ${wished}`;
  },
  plan(spec, input) {
    const preferences = spec.preferences.map((name) => own(input.visit.preferences, name));
    const preferred = preferences.map(preferredTexts);
    if (preferred.every((texts) => texts.size === 0)) return MISSING;
    return columnPlan(input, spec, JSON.stringify(preferences), (buckets, column) => {
      buckets.fill(preferred.length + 1);
      // From the root down, so that a deeper match overwrites one above it.
      preferred.forEach((entries, level) => {
        for (const entry of entries) {
          for (const code of codesWith(column, entry, level))
            buckets[code] = preferred.length - level;
        }
      });
    });
  },
};
