import { invalid } from '../../domain/errors.ts';
import type { Bounds, Circle, Condition, Filter, FilterValue } from '../../domain/filter.ts';
import { parseMoment } from '../../domain/moment.ts';
import { nearest } from '../../domain/nearest.ts';
import { shown } from '../../domain/shown.ts';
import { DAY_MS } from '../../domain/utc-day.ts';
import { firstIndex } from '../../features/columns/binary-search.ts';
import { codesWith } from '../../features/columns/codes-with-entry.ts';
import { namesOf, type Column, type ItemTable } from '../../features/columns/item-table.ts';
import { isWithin, latitudes, longitudes } from './circle.ts';
import { codeRows } from './code-rows.ts';
import { addAll, invert, keepBoth, keepRows, noRows, type RowBits } from './row-bits.ts';

/**
 * The rows that a filter allows: exact, as dictionaries hold values as the catalogue has them, and not the buckets that features make of
 * them.
 * @param path names the filter in errors. @returns bits that are the caller's own.
 * @throws ApiError 400 naming the part whose column the table does not have, or is of another type.
 */
export function filterRows(table: ItemTable, filter: Filter, path: string): RowBits {
  if ('all' in filter) {
    const [first, ...others] = filter.all.map((part, i) =>
      filterRows(table, part, `${path}.all[${i}]`),
    );
    for (const bits of others) keepBoth(first, bits);
    return first;
  }
  if ('any' in filter) {
    const [first, ...others] = filter.any.map((part, i) =>
      filterRows(table, part, `${path}.any[${i}]`),
    );
    for (const bits of others) addAll(first, bits);
    return first;
  }
  if (!('not' in filter)) return conditionRows(table, filter, path);
  const bits = filterRows(table, filter.not, `${path}.not`);
  invert(bits, table.ids.length);
  return bits;
}

function conditionRows(table: ItemTable, condition: Condition, path: string): RowBits {
  if ('within' in condition) {
    const [lat, lon] = condition.columns.map((name, i) => {
      const { column } = named(table, name, `${path}.columns[${i}]`);
      if (column.spec.type === 'number') return column;
      throw ofType(`${path}.columns[${i}]`, column, 'degrees are numbers');
    });
    return circleRows(lat, lon, condition.within);
  }
  const part = named(table, condition.column, `${path}.column`);
  const { column } = part;
  const { type } = column.spec;
  if ('known' in condition) return knownRows(part, condition.known);
  if (type === 'number' || type === 'date') {
    if ('allOf' in condition) throw ofType(path, column, 'only a set has several values');
    if (!('in' in condition)) return rangeRows(column, condition, path);
    if (type === 'number') return numberRows(column, condition.in, `${path}.in`);
    throw ofType(path, column, 'take from and to');
  }
  const bits = noRows(column.codes.length);
  if ('in' in condition) {
    for (const value of condition.in) addEntry(bits, part, String(value));
    return bits;
  }
  if (!('allOf' in condition)) throw ofType(path, column, 'take in');
  if (type !== 'set') throw ofType(path, column, 'only a set has several values: take in');
  condition.allOf.forEach((value, i) => {
    const own = i === 0 ? bits : noRows(column.codes.length);
    addEntry(own, part, value);
    if (i > 0) keepBoth(bits, own);
  });
  return bits;
}

/** A column, or of a path one or all of its levels. */
export interface Part {
  readonly column: Column;
  readonly levels: readonly number[];
}

/** @throws ApiError 400 where the table has no such column, or it is an embedding, which no table holds. */
export function named({ columns }: ItemTable, name: string, path: string): Part {
  const own = columns.filter(({ isLearned }) => !isLearned);
  const column = own.find(({ spec }) => spec.name === name);
  if (column?.spec.type === 'embedding')
    throw invalid(`${path}: column "${name}" is an embedding, by which nothing is chosen`);
  if (column !== undefined) return { column, levels: levelsOf(column).map((_, level) => level) };
  for (const one of own) {
    const level = levelsOf(one).indexOf(name);
    if (level >= 0) return { column: one, levels: [level] };
  }
  const chosenBy = own.filter(({ spec }) => spec.type !== 'embedding');
  const names = chosenBy.flatMap((one) => [one.spec.name, ...(isPath(one) ? levelsOf(one) : [])]);
  const meant = nearest(name.slice(0, 64), names);
  throw invalid(
    `${path}: the catalogue has no column ${shown(name)}: ${meant === undefined ? `take one of ${names.join(', ')}` : `did you mean "${meant}"?`}`,
  );
}

const isPath = ({ spec }: Column) => spec.type === 'path';
const levelsOf = (column: Column): readonly string[] =>
  isPath(column) ? namesOf(column.spec) : [''];

const ofType = (path: string, { spec }: Column, what: string) =>
  invalid(`${path}: column "${spec.name}" is a ${spec.type}: ${what}`);

function addEntry(bits: RowBits, { column, levels }: Part, entry: string): void {
  for (const level of levels)
    codeRows(column).addSet(bits, `${level} ${entry}`, () => codesWith(column, entry, level));
}

/** A path is known where one of its levels is, and a level where it is not ''. */
function knownRows({ column, levels }: Part, wanted: boolean): RowBits {
  const rows = codeRows(column);
  const bits = rows.range(0, 1);
  if (isPath(column) && levels.length === 1)
    rows.addSet(bits, `${levels[0]} `, () => codesWith(column, '', levels[0]));
  if (wanted) invert(bits, column.codes.length);
  return bits;
}

/** Values that are neighbours in the dictionary are one range. */
function numberRows(column: Column, wanted: readonly FilterValue[], path: string): RowBits {
  const values = column.values as readonly number[];
  const codes = wanted.flatMap((value) => {
    if (typeof value === 'number') return codeOf(values, value) ?? [];
    throw invalid(
      `${path}: column "${column.spec.name}" is a number, but one value was ${shown(value)}`,
    );
  });
  let bits: RowBits | undefined;
  for (let i = 0; i < codes.length; i++) {
    const from = codes[i];
    while (codes[i + 1] === codes[i] + 1) i++;
    const range = codeRows(column).range(from, codes[i] + 1);
    if (bits === undefined) bits = range;
    else addAll(bits, range);
  }
  return bits ?? noRows(column.codes.length);
}

function codeOf(values: readonly number[], value: number): number | undefined {
  const code = firstIndex(1, values.length, (at) => values[at] >= value);
  return values[code] === value ? code : undefined;
}

function rangeRows(column: Column, { from, to }: Bounds, path: string): RowBits {
  const isDate = column.spec.type === 'date';
  const read = isDate ? momentOf : numberOf;
  const low = from === undefined ? -Infinity : read(from, `${path}.from`, 'first');
  const high = to === undefined ? Infinity : read(to, `${path}.to`, 'last');
  if (low > high) throw invalid(`${path} must not have a from (${from}) above its to (${to})`);
  return between(column, low, high);
}

function numberOf(value: FilterValue, path: string): number {
  if (typeof value === 'number') return value;
  throw invalid(`${path} must be a number, as its column is, but was ${shown(value)}`);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A day is its first or its last millisecond. */
function momentOf(value: FilterValue, path: string, which: 'first' | 'last'): number {
  const moment = parseMoment(value, path);
  const isDay = typeof value === 'string' && DAY.test(value.trim());
  return which === 'last' && isDay ? moment + DAY_MS - 1 : moment;
}

/** Rows with a value from `low` to `high`, both inclusive. */
function between(column: Column, low: number, high: number): RowBits {
  const values = column.values as readonly number[];
  const from = firstIndex(1, values.length, (code) => values[code] >= low);
  const end = firstIndex(from, values.length, (code) => values[code] > high);
  return codeRows(column).range(from, end);
}

function circleRows(lat: Column, lon: Column, circle: Circle): RowBits {
  const bits = between(lat, ...latitudes(circle));
  const values = lon.values as readonly number[];
  // The first value stands for a missing one.
  const around = longitudes(circle, values[1], values[values.length - 1]).map((range) =>
    between(lon, ...range),
  );
  for (const more of around.slice(1)) addAll(around[0], more);
  if (around.length > 0) keepBoth(bits, around[0]);
  else bits.fill(0);
  keepRows(bits, (row) =>
    isWithin(circle, lat.values[lat.codes[row]] as number, lon.values[lon.codes[row]] as number),
  );
  return bits;
}
