import { codesWith } from '../entries.ts';
import { needsColumn, needsTexts } from './check.ts';
import { columnPlan, MISSING, type BucketKind } from './kind.ts';
import { wishedTexts } from './wish.ts';

/**
 * How deep a path (continent, country) agrees with the wishes: bucket 1 = the deepest level is wished,
 * 2 = the level above, … the last = no level is. `preferences[i]` names the wishes of the path's level i.
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
        : `preferences must name ${depth} wishes, one per level of the path`)
    );
  },
  size: (spec) => spec.preferences.length + 2,
  label: (spec, bucket) => spec.preferences.toReversed()[bucket - 1] ?? 'elsewhere',
  plan(spec, input) {
    const wished = spec.preferences.map((name) => wishedTexts(input.visit.preferences[name]));
    if (wished.every((wishes) => wishes.size === 0)) return MISSING;
    return columnPlan(input, spec.column, (buckets, column) => {
      buckets.fill(wished.length + 1);
      // From the root down: what agrees deeper is written over what agrees above.
      wished.forEach((entries, level) => {
        for (const entry of entries) {
          for (const code of codesWith(column, entry, level)) buckets[code] = wished.length - level;
        }
      });
    });
  },
};
