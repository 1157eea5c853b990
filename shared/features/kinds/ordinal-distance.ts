import { columnPlan, MISSING, needsColumn, type BucketKind } from './kind.ts';

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
      : 'most must be a whole number from 1'),
  size: (spec) => spec.most + 2,
  label(spec, bucket) {
    const steps = bucket - 1;
    if (steps === 0) return 'as wished';
    return steps === spec.most ? `${steps} or more off` : `${steps} off`;
  },
  plan(spec, input) {
    const wish = input.visit.preferences[spec.preference];
    const levelOf = (value: unknown) =>
      spec.levels === undefined ? Number(value) : spec.levels.indexOf(String(value));
    const wished = levelOf(wish);
    const unknown = (level: number) =>
      Number.isNaN(level) || (spec.levels !== undefined && level < 0);
    if (wish === undefined || unknown(wished)) return MISSING;
    return columnPlan(input, spec.column, (value: string | number) => {
      const level = levelOf(value);
      return unknown(level) ? 0 : 1 + Math.min(Math.round(Math.abs(level - wished)), spec.most);
    });
  },
};
