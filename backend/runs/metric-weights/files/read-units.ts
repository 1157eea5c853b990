import { invalid } from '../../../../shared/domain/errors.ts';
import { winsorCap } from '../../../science/statistics/statistics.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import type {
  Column,
  NumberColumn,
  UnitTable,
} from '../../../science/metric-weighting/unit-table.ts';
import { placesOf, type Table } from '../../../table/open-table.ts';
import {
  dateOfParts,
  isMissingText,
  readMoment,
  readNumber,
  readTruth,
  type NumberStyle,
} from '../../../table/read-cell.ts';
import { columnsOfMapping, timeColumnsOf, type UnitsMapping } from './mapping.ts';

export interface UnitsRead {
  readonly table: UnitTable;
  /** Rows that a filter left out. */
  readonly filtered: number;
  /** Rows that equal an earlier one in every cell of the file. */
  readonly repeated: number;
}

/**
 * One unit per row.
 * @throws ApiError naming column and line of what cannot be read, the lines of a unit that is there twice, a metric or target of
 * one value only, and an arm column without both arms.
 */
export async function readUnits(
  file: string,
  csv: Table,
  mapping: UnitsMapping,
  style: NumberStyle = {},
): Promise<UnitsRead> {
  const { metrics, context, target, arm, unit, time } = mapping;
  const places = placesOf(file, csv.header, columnsOfMapping(mapping));
  const passes = filtersOf(mapping, style);
  const numbers = metrics.map(() => [] as number[]);
  const contexts = context.map(() => [] as (number | string)[]);
  const targets: number[] = [];
  const arms: string[] = [];
  const at: number[] = [];
  const units = new Map<string, number>();
  const rows = new Set<string>();
  let [filtered, repeated] = [0, 0];
  for await (const { cells, line } of csv.rows()) {
    const cell = (column: string) => cells[places.get(column)!];
    if (!passes(cell, line)) {
      filtered++;
      continue;
    }
    if (unit !== undefined) refuseRepeated(units, cell(unit), unit, line);
    else if (rows.size === rows.add(cells.join('\u001f')).size) repeated++;
    const read = (column: string, parse: 'number' | 'boolean') =>
      readCell(cell(column), parse, column, line, style);
    metrics.forEach(({ column, parse }, i) => numbers[i].push(read(column, parse)));
    context.forEach(({ column, parse }, i) =>
      contexts[i].push(parse === 'category' ? categoryOf(cell(column)) : read(column, parse)),
    );
    if (time !== undefined) at.push(firstSeenOf(time, cell, line));
    const value = read(target.column, target.parse);
    targets.push(isLabel(mapping, cell, at.at(-1), line) ? value : Number.NaN);
    if (arm !== undefined) arms.push(cell(arm.column));
  }
  if (targets.length === 0)
    throw invalid(
      `${file} has no row${filtered > 0 ? ` left: the filters leave out all ${filtered}` : ' below its header'}`,
    );
  const table: UnitTable = {
    units: targets.length,
    metrics: metrics.map(({ column, name = column, better, winsorShare }, i) => ({
      ...numberColumn(name, numbers[i], winsorShare),
      better,
    })),
    context: context.map(({ column, parse }, i): Column =>
      parse === 'category'
        ? { kind: 'category', name: column, values: contexts[i].map(String) }
        : numberColumn(column, contexts[i].map(Number)),
    ),
    target: numberColumn(target.name ?? target.column, targets, target.winsorShare),
    ...(arm && { arms: armsOf(arms, arm) }),
    ...(time && { at: Float64Array.from(at) }),
  };
  for (const { name, values } of [...table.metrics, table.target]) refuseConstant(name, values);
  return { table, filtered, repeated };
}

const placeOf = (column: string, line: number): string => `line ${line}, column ${column}`;

/** However a missing text is written, it is one category. */
const categoryOf = (cell: string): string => (isMissingText(cell) ? '' : cell);

/** @returns NaN for a missing one. */
function readCell(
  cell: string,
  parse: 'number' | 'boolean',
  column: string,
  line: number,
  style: NumberStyle,
): number {
  const where = placeOf(column, line);
  if (parse === 'boolean') return readTruth(cell, where);
  if (/^(?:true|false|yes|no)$/i.test(cell))
    throw invalid(
      `${where}: "${cell}" is no number; if it is true or false, say "parse": "boolean"`,
    );
  return readNumber(cell, where, style);
}

/** Epoch ms. */
function firstSeenOf(
  time: NonNullable<UnitsMapping['time']>,
  cell: (column: string) => string,
  line: number,
): number {
  const columns = timeColumnsOf(time);
  const where = placeOf(columns.join(', '), line);
  if ('column' in time) return readMoment(cell(time.column), where, time.parse === 'epoch s');
  return readMoment(dateOfParts(columns.map(cell), where), where);
}

function refuseRepeated(
  units: Map<string, number>,
  id: string,
  column: string,
  line: number,
): void {
  const first = units.get(id);
  if (first !== undefined)
    throw invalid(
      `lines ${first} and ${line} are of one unit, ${id} in column ${column}: a file has one row per unit`,
    );
  units.set(id, line);
}

/** Whether the unit's horizon is over. */
function isLabel(
  { target }: UnitsMapping,
  cell: (column: string) => string,
  firstSeen: number | undefined,
  line: number,
): boolean {
  const { observedUntil, horizonDays } = target;
  if (observedUntil === undefined || horizonDays === undefined || firstSeen === undefined)
    return true;
  const until = readMoment(cell(observedUntil), placeOf(observedUntil, line));
  return until >= firstSeen + horizonDays * DAY_MS;
}

function filtersOf({ filters }: UnitsMapping, style: NumberStyle) {
  return (cell: (column: string) => string, line: number): boolean =>
    filters.every(({ column, in: among, notIn, atLeast, atMost }) => {
      const own = cell(column);
      if (among?.includes(own) === false || notIn?.includes(own) === true) return false;
      if (atLeast === undefined && atMost === undefined) return true;
      const value = readCell(own, 'number', column, line, style);
      return value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
    });
}

/** The largest values are set to a percentile of all units together, so that all arms have the same cap. */
function numberColumn(name: string, values: readonly number[], winsorShare?: number): NumberColumn {
  const known = values.filter((value) => !Number.isNaN(value));
  const cap = winsorShare === undefined ? Infinity : winsorCap(known, winsorShare);
  return {
    kind: 'number',
    name,
    values: Float64Array.from(values, (value) => Math.min(value, cap)),
  };
}

function refuseConstant(name: string, values: Float64Array): void {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0)
    throw invalid(`column ${name} is empty in every row: leave it out of the mapping`);
  if (known.every((value) => value === known[0]))
    throw invalid(
      `column ${name} is ${known[0]} in every row (after winsorising): nothing can be learned from or for it; leave it out of the mapping`,
    );
}

function armsOf(values: readonly string[], { column, control }: NonNullable<UnitsMapping['arm']>) {
  const others = [...new Set(values)].filter((name) => name !== control).toSorted();
  if (!values.includes(control))
    throw invalid(
      `column ${column} never says "${control}", the control: it says ${others.join(', ')}`,
    );
  if (others.length === 0)
    throw invalid(
      `column ${column} is "${control}" in every row: there is no treatment to compare; leave "arm" out of the mapping`,
    );
  const names = [control, ...others];
  const indexOf = new Map(names.map((name, i) => [name, i]));
  return { names, of: Uint16Array.from(values, (name) => indexOf.get(name)!) };
}
