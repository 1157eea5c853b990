import { columnPlan, MISSING, needsColumn, numberOf, type BucketKind } from './kind.ts';

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
    (Number.isInteger(spec.most) && spec.most >= 1
      ? undefined
      : 'most must be a whole number from 1') ??
    (spec.levels === undefined || Array.isArray(spec.levels)
      ? undefined
      : 'levels must be a list of texts in their order'),
  size: (spec) => spec.most + 2,
  label(spec, bucket) {
    const steps = bucket - 1;
    if (steps === 0) return 'as wished';
    return steps === spec.most ? `${steps} or more off` : `${steps} off`;
  },
  plan(spec, input) {
    const wished = levelOf(spec, input.visit.preferences[spec.preference]);
    if (Number.isNaN(wished)) return MISSING;
    return columnPlan(input, spec.column, (value: string | number) => {
      const steps = Math.round(Math.abs(levelOf(spec, value) - wished));
      return Number.isNaN(steps) ? 0 : 1 + Math.min(steps, spec.most);
    });
  },
};

/** @returns NaN where it is no level. */
function levelOf({ levels }: OrdinalDistanceSpec, value: unknown): number {
  if (levels === undefined) return numberOf(value);
  const index = typeof value === 'object' ? -1 : levels.indexOf(String(value));
  return index < 0 ? Number.NaN : index;
}
