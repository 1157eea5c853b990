import { columnPlan, MISSING, needsColumn, wishedTexts, type BucketKind } from './kind.ts';

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
      (Array.isArray(spec.preferences) && spec.preferences.length === depth
        ? undefined
        : `preferences must name ${depth} wishes, one per level of the path`)
    );
  },
  size: (spec) => spec.preferences.length + 2,
  label: (spec, bucket) => spec.preferences.toReversed()[bucket - 1] ?? 'elsewhere',
  plan(spec, input) {
    const wished = spec.preferences.map((name) => wishedTexts(input.visit.preferences[name]));
    if (wished.every((wishes) => wishes.size === 0)) return MISSING;
    return columnPlan(input, spec.column, (path: readonly string[]) => {
      for (let level = path.length - 1; level >= 0; level--) {
        if (wished[level]!.has(path[level]!)) return path.length - level;
      }
      return path.length + 1;
    });
  },
};
