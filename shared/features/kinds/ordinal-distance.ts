import { codesWith } from '../entries.ts';
import { needsColumn, needsDistinctTexts, needsMost } from './check.ts';
import { columnPlan, MISSING, runsPlan, type BucketKind } from './kind.ts';
import { numberOf } from './wish.ts';

/** Steps between the item's level and the wished one: bucket 1 = the same, 2 = ±1, … `most` + 1 = `most` or more. */
export interface OrdinalDistanceSpec {
  readonly name: string;
  readonly kind: 'ordinal-distance';
  /** A number column, or a category column whose order `levels` gives. */
  readonly column: string;
  readonly preference: string;
  readonly most: number;
  readonly levels?: readonly string[];
}

export const ordinalDistance: BucketKind<OrdinalDistanceSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, spec.levels === undefined ? ['number'] : ['category']) ??
    needsMost(spec.most) ??
    (spec.levels === undefined ? undefined : needsDistinctTexts('levels', spec.levels)),
  size: (spec) => spec.most + 2,
  label(spec, bucket) {
    const steps = bucket - 1;
    if (steps === 0) return 'as wished';
    return steps === spec.most ? `${steps} or more off` : `${steps} off`;
  },
  plan(spec, input) {
    const wished = levelOf(spec, input.visit.preferences[spec.preference]);
    if (Number.isNaN(wished)) return MISSING;
    const bucketOf = (level: number) =>
      1 + Math.min(Math.round(Math.abs(level - wished)), spec.most);
    const { levels } = spec;
    if (levels === undefined)
      return runsPlan(input, spec.column, bucketOf, (value) => value >= wished);
    return columnPlan(input, spec.column, (buckets, column) => {
      levels.forEach((name, level) => {
        for (const code of codesWith(column, name)) buckets[code] = bucketOf(level);
      });
    });
  },
};

/** @returns NaN where it is no level. */
function levelOf({ levels }: OrdinalDistanceSpec, value: unknown): number {
  if (levels === undefined) return numberOf(value);
  const name = typeof value === 'number' ? String(value) : value;
  const index = typeof name === 'string' ? levels.indexOf(name) : -1;
  return index < 0 ? Number.NaN : index;
}
