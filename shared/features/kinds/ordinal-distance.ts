import { own } from '../../domain/own.ts';
import { codesWith } from '../columns/codes-with-entry.ts';
import { needsColumn, needsDistinctTexts, needsMost } from './check.ts';
import { columnPlan, MISSING, runsPlan, type BucketKind } from './kind.ts';
import { numberOf } from './preference.ts';

/**
 * Number of steps between the item's level and the preferred one: bucket 1 = the same level, 2 = one step apart, …,
 * `most` + 1 = `most` or more steps.
 */
export interface OrdinalDistanceSpec {
  readonly name: string;
  readonly kind: 'ordinal-distance';
  /** A number column, or a category column with its order given by `levels`. */
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
    return steps === spec.most
      ? `${steps} or more steps off`
      : `${steps} ${steps === 1 ? 'step' : 'steps'} off`;
  },
  plan(spec, input) {
    const preferred = levelOf(spec, own(input.visit.preferences, spec.preference));
    if (Number.isNaN(preferred)) return MISSING;
    const bucketOf = (level: number) =>
      1 + Math.min(Math.round(Math.abs(level - preferred)), spec.most);
    const { levels } = spec;
    if (levels === undefined)
      return runsPlan(input, spec, preferred, bucketOf, (value) => value >= preferred);
    return columnPlan(input, spec, preferred, (buckets, column) => {
      levels.forEach((name, level) => {
        for (const code of codesWith(column, name)) buckets[code] = bucketOf(level);
      });
    });
  },
};

/** @returns NaN if the value is not a level. */
export function levelOf({ levels }: Pick<OrdinalDistanceSpec, 'levels'>, value: unknown): number {
  if (levels === undefined) return numberOf(value);
  const name = typeof value === 'number' ? String(value) : value;
  const index = typeof name === 'string' ? levels.indexOf(name) : -1;
  return index < 0 ? Number.NaN : index;
}
