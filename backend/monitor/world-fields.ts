import { own } from '../../shared/domain/own.ts';
import type { RankRequest, Range } from '../../shared/domain/rank-request.ts';
import type { ItemTable } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { Value } from '../science/evaluation/value-bins.ts';

/**
 * The fields of a request that features read, with its values of each: a list has several, a range has its bounds in
 * fields of their own, and what is missing is undefined. What no feature reads changes no ranking.
 */
export function* requestFields(
  { features }: Schema,
  { preferences, context, recent, history, candidates, placement }: RankRequest,
): Generator<[name: string, values: readonly Value[]]> {
  yield ['placement', [placement]];
  yield ['candidates', [candidates === undefined ? 'none' : 'sent']];
  yield ['recent', [recent.length + (history?.items.length ?? 0)]];
  const names = new Set<string>();
  const keys = new Set<string>();
  for (const spec of features) {
    if ('preference' in spec) names.add(spec.preference);
    if ('preferences' in spec) for (const name of spec.preferences) names.add(name);
    if (spec.kind === 'context') keys.add(spec.key);
  }
  for (const name of names) {
    const value = own(preferences, name);
    if (isRange(value)) {
      yield [`preferences.${name}.min`, [value.min]];
      yield [`preferences.${name}.max`, [value.max]];
    } else yield [`preferences.${name}`, valuesOf(value)];
  }
  for (const key of keys) yield [`context.${key}`, valuesOf(own(context, key))];
}

/** The columns that features or filters read, with the values of a row. A date is a distance from the day, in ms. */
export function* readColumns(
  { features, filters }: Schema,
  { columns }: ItemTable,
  day: number,
): Generator<[name: string, valuesAt: (row: number) => readonly Value[]]> {
  const read = new Set(filters.map(({ column }) => column));
  for (const spec of features)
    if ('column' in spec && spec.column !== undefined) read.add(spec.column);
  for (const { spec, values, codes } of columns) {
    if (!read.has(spec.name)) continue;
    yield [
      spec.name,
      (row) => {
        const value = codes[row] === 0 ? undefined : values[codes[row]];
        if (spec.type === 'date' && typeof value === 'number') return [value - day];
        return spec.type === 'path' && Array.isArray(value) ? [value.join('/')] : valuesOf(value);
      },
    ];
  }
}

function isRange(value: unknown): value is Range {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valuesOf(value: unknown): readonly Value[] {
  if (Array.isArray(value)) return value.length === 0 ? [undefined] : (value as string[]);
  if (typeof value === 'boolean') return [String(value)];
  return [value as Value];
}
