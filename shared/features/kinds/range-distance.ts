import { own } from '../../domain/own.ts';
import type { Range } from '../../domain/rank-request.ts';
import { needsColumn, needsRising } from './check.ts';
import { runsPlan, MISSING, stepOf, type BucketKind } from './kind.ts';

/**
 * How far a number lies outside the preferred range, or from the preferred number: bucket i + 1 if by at most
 * `within[i]`, the last bucket if by more.
 */
export interface RangeDistanceSpec {
  readonly name: string;
  readonly kind: 'range-distance';
  readonly column: string;
  readonly preference: string;
  readonly within: readonly number[];
}

export const rangeDistance: BucketKind<RangeDistanceSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['number']) ?? needsRising('within', spec.within),
  size: (spec) => spec.within.length + 2,
  label({ within }, bucket) {
    if (bucket === 1 && within[0] === 0) return 'as wished';
    if (bucket > within.length) return `off by more than ${within.at(-1)}`;
    const [from, to] = [within[bucket - 2], within[bucket - 1]];
    return from === undefined || from === 0 ? `off by up to ${to}` : `off by ${from} to ${to}`;
  },
  plan(spec, input) {
    const range = rangeOf(own(input.visit.preferences, spec.preference));
    if (range === undefined) return MISSING;
    const { min, max } = range;
    return runsPlan(
      input,
      spec,
      `${min} ${max}`,
      (value) => 1 + stepOf(spec.within, Math.max(min - value, value - max, 0)),
      (value) => value - max >= min - value,
    );
  },
};

/** @returns undefined if the preference is absent or of another form. */
export function rangeOf(preference: unknown): { min: number; max: number } | undefined {
  if (typeof preference === 'number') return { min: preference, max: preference };
  if (typeof preference !== 'object' || preference === null || Array.isArray(preference))
    return undefined;
  const { min, max } = preference as Range;
  if (min === undefined && max === undefined) return undefined;
  return { min: min ?? Number.NEGATIVE_INFINITY, max: max ?? Number.POSITIVE_INFINITY };
}
