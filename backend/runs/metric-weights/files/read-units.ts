import { invalid } from '../../../../shared/domain/errors.ts';
import { winsorCap } from '../../../science/statistics/statistics.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import type {
  Column,
  NumberColumn,
  UnitTable,
} from '../../../science/metric-weighting/unit-table.ts';
import { columnsOfMapping, type UnitsMapping } from './mapping.ts';
import { readCell, readMoment } from './read-cell.ts';
import { placesOf, type CsvFile } from './read-rows.ts';

export interface UnitsRead {
  readonly table: UnitTable;
  /** Rows that a filter left out. */
  readonly filtered: number;
}

/**
 * One unit per row.
 * @throws ApiError naming column and line of what cannot be read, a metric or target of one value only, and an arm
 * column without both arms.
 */
export async function readUnits(
  file: string,
  csv: CsvFile,
  mapping: UnitsMapping,
): Promise<UnitsRead> {
  const { metrics, context, target, arm, time } = mapping;
  const places = placesOf(file, csv.header, columnsOfMapping(mapping));
  const passes = filtersOf(mapping);
  const numbers = metrics.map(() => [] as number[]);
  const contexts = context.map(() => [] as (number | string)[]);
  const targets: number[] = [];
  const arms: string[] = [];
  const at: number[] = [];
  let filtered = 0;
  for await (const { cells, line } of csv.rows()) {
    const cell = (column: string) => cells[places.get(column)!];
    if (!passes(cell, line)) {
      filtered++;
      continue;
    }
    metrics.forEach(({ column, parse }, i) =>
      numbers[i].push(readCell(cell(column), parse, column, line)),
    );
    context.forEach(({ column, parse }, i) =>
      contexts[i].push(
        parse === 'category' ? cell(column) : readCell(cell(column), parse, column, line),
      ),
    );
    if (time !== undefined) at.push(readMoment(cell(time.column), time.parse, time.column, line));
    const value = readCell(cell(target.column), target.parse, target.column, line);
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
  return { table, filtered };
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
  const until = readMoment(cell(observedUntil), 'iso', observedUntil, line);
  return until >= firstSeen + horizonDays * DAY_MS;
}

function filtersOf({ filters }: UnitsMapping) {
  return (cell: (column: string) => string, line: number): boolean =>
    filters.every(({ column, in: among, notIn, atLeast, atMost }) => {
      const own = cell(column);
      if (among?.includes(own) === false || notIn?.includes(own) === true) return false;
      if (atLeast === undefined && atMost === undefined) return true;
      const value = readCell(own, 'number', column, line);
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
