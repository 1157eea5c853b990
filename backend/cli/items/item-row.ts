import { invalid } from '../../../shared/domain/errors.ts';
import { parseMoment } from '../../../shared/domain/moment.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import {
  dateOfParts,
  isMissing,
  isMissingText,
  readNumber,
  type NumberStyle,
} from '../../table/read-cell.ts';
import type { DateParts } from './item-file-options.ts';

/** What a row is read by. */
export interface RowRules extends NumberStyle {
  readonly idColumn?: string;
  readonly date?: readonly DateParts[];
}

type Row = Readonly<Record<string, unknown>>;

/**
 * A row of a table, or a value of a JSON file, as an item. The schema says which columns hold numbers, dates and sets;
 * other texts stay as they are, and what is missing is absent.
 * @param splitsSets whether a text in a set column lists its values (`hiking|food`): tables have no lists.
 * @throws ApiError 400 naming the column and the value.
 */
export function itemOfRow(
  row: Row,
  columns: readonly ColumnSpec[],
  rules: RowRules,
  splitsSets: boolean,
): { id: unknown } & Record<string, unknown> {
  const idColumn = idColumnOf(Object.keys(row), rules.idColumn);
  const typeOf = new Map(columns.map(({ name, type }) => [name, type]));
  const { [idColumn]: id, id: _, ...others } = row;
  const entries = Object.entries(joinDates(others, rules.date ?? [])).flatMap(([name, value]) => {
    const read =
      typeof value === 'string'
        ? readCell(value, typeOf.get(name), `column ${name}`, rules, splitsSets)
        : value;
    return read === undefined ? [] : [[name, read]];
  });
  return { ...Object.fromEntries(entries), id: readId(id, idColumn) };
}

/** @throws ApiError 400 listing the columns that there are. */
export function idColumnOf(names: readonly string[], given: string | undefined): string {
  if (given !== undefined) {
    if (names.includes(given)) return given;
    throw invalid(`there is no column "${given}" for the id: the columns are ${listed(names)}`);
  }
  if (names.includes('id')) return 'id';
  const alike = names.filter((name) => name.toLowerCase() === 'id');
  if (alike.length === 1) return alike[0];
  throw invalid(
    `there is no "id", and every item needs one, unique in the catalogue: say which column it is with --id-column; the columns are ${listed(names)}`,
  );
}

const listed = (names: readonly string[]): string => names.slice(0, 40).join(', ') || 'none';

function readId(id: unknown, column: string): unknown {
  if (id === undefined || id === null || (typeof id === 'string' && isMissingText(id)))
    throw invalid(`column ${column} is empty: every item needs an id, unique in the catalogue`);
  if (typeof id === 'string' && /^\d(?:[.,]\d+)?E\+\d+$/.test(id))
    throw invalid(
      `column ${column}: "${id}" is an id that a spreadsheet has rounded: export the column as text`,
    );
  return id;
}

/** JSON has numbers where tables have text. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** Replaces a year, a month and a day by a date; all three missing, it is missing. */
function joinDates(row: Row, dates: readonly DateParts[]): Row {
  let joined = row;
  for (const { column, from } of dates) {
    const absent = from.find((name) => !(name in row));
    if (absent !== undefined)
      throw invalid(
        `there is no column "${absent}" for --date ${column}: the columns are ${listed(Object.keys(row))}`,
      );
    const parts = from.map((name) => textOf(row[name]));
    const rest = Object.fromEntries(
      Object.entries(joined).filter(([name]) => !from.includes(name)),
    );
    joined = {
      ...rest,
      ...(!parts.every(isMissing) && { [column]: dateOfParts(parts, `column ${column}`) }),
    };
  }
  return joined;
}

/** @returns undefined for a missing one. */
function readCell(
  cell: string,
  type: ColumnSpec['type'] | undefined,
  where: string,
  style: NumberStyle,
  splitsSets: boolean,
): unknown {
  switch (type) {
    case 'number': {
      const number = readNumber(cell, where, style);
      return Number.isNaN(number) ? undefined : number;
    }
    case 'date':
      // As it is written, once it is known to be a moment: a catalogue that is read by people keeps its dates.
      return isMissing(cell) || Number.isNaN(parseMoment(cell, where)) ? undefined : cell.trim();
    case 'set': {
      if (isMissingText(cell)) return undefined;
      if (!splitsSets) return cell;
      return cell
        .split('|')
        .map((value) => value.trim())
        .filter((value) => value !== '');
    }
    default:
      return isMissingText(cell) ? undefined : cell;
  }
}
