import { exactExp } from '../../explore/exact-exp.ts';
import type { PastTouch, TouchType } from '../../domain/visitor-history.ts';
import { TOUCH_TYPES } from '../../domain/visitor-history.ts';
import type { Column, ColumnValue } from '../columns/item-table.ts';
import { needsRising } from './check.ts';
import type { PlanInput } from './kind.ts';

/** What the kinds that read a visitor's history have in common: what was long ago counts for less. */
export interface DecaySpec {
  /** After so many days something counts half as much. */
  readonly halfLifeDays: number;
}

export const needsHalfLife = ({ halfLifeDays }: DecaySpec): string | undefined =>
  Number.isFinite(halfLifeDays) && halfLifeDays > 0
    ? undefined
    : 'halfLifeDays must be a number above 0';

/** Bins of a sum or share of what counts; the first bin holds 0 alone, so that none is told from little. */
export function needsBinsFromZero(edges: unknown): string | undefined {
  const problem = needsRising('edges', edges);
  if (problem !== undefined) return problem;
  return (edges as number[])[0] === 0 ? undefined : 'edges must begin with 0';
}

/** Requires the level of a path column, and none of another one. */
export function needsLevel(
  columns: readonly Column['spec'][],
  name: string,
  level: unknown,
): string | undefined {
  const column = columns.find((entry) => entry.name === name);
  if (column?.type !== 'path')
    return level === undefined ? undefined : 'level is of path columns only';
  const depth = column.from?.length ?? 1;
  return Number.isInteger(level) && (level as number) >= 0 && (level as number) < depth
    ? undefined
    : `level must be a whole number from 0 (the root) to ${depth - 1}`;
}

export function needsTouchTypes(only: unknown): string | undefined {
  const fine =
    Array.isArray(only) &&
    only.length > 0 &&
    only.every((type) => (TOUCH_TYPES as readonly unknown[]).includes(type));
  return fine ? undefined : `only must list some of ${TOUCH_TYPES.join(', ')}`;
}

/** `2^(−age / half-life)`, with the same bits wherever it is computed. */
export const weightAt = (agoHours: number, { halfLifeDays }: DecaySpec): number =>
  exactExp((-Math.LN2 * agoHours) / (24 * halfLifeDays));

/** What was done with items, of some types. */
export const touchesIn = (input: PlanInput, only: readonly TouchType[]): readonly PastTouch[] =>
  input.visit.history?.items.filter(({ type }) => only.includes(type)) ?? [];

/** The value that an item has in a column; undefined where the item or its value is not known. */
export function valueOf(input: PlanInput, id: string, column: number): ColumnValue | undefined {
  const known = input.known(id);
  if (known === undefined) return undefined;
  const { codes, values } = known.table.columns[column];
  const code = codes[known.row];
  return code === 0 ? undefined : values[code];
}

/** The entries of a value that codes are looked up by: all of a set, one level of a path, else the value alone. */
export function entriesAt(value: ColumnValue, level: number | undefined): readonly string[] {
  if (typeof value !== 'object') return [String(value)];
  if (level === undefined) return value;
  return value[level] === '' ? [] : [value[level]];
}
