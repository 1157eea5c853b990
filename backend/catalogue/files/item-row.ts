import { invalid } from '../../../shared/domain/errors.ts';
import { own } from '../../../shared/domain/own.ts';
import { parseMoment } from '../../../shared/domain/moment.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import {
  dateInOrder,
  dateOfParts,
  isMissing,
  isMissingText,
  readNumber,
} from '../../table/read-cell.ts';
import type { DateParts, RowRules } from './item-file.ts';
import { readPriceCell } from './price-cell.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * A row of a table, or a value of a JSON file, as an item. The schema says which columns hold numbers, dates and sets;
 * other texts stay as they are, and what is missing is absent.
 * @param isTable whether a text in a set column lists its values (`hiking|food`), as tables have no lists; in JSON only with a
 * separator that is given.
 * @throws ApiError 400 naming the column and the value.
 */
export function itemOfRow(
  row: Row,
  columns: readonly ColumnSpec[],
  rules: RowRules,
  isTable: boolean,
): { id: unknown } & Record<string, unknown> {
  const idColumn = idColumnOf(Object.keys(row), rules.idColumn);
  const specOf = new Map(columns.map((column) => [column.name, column]));
  const { [idColumn]: id, id: _, ...others } = row;
  const entries = Object.entries(joinDates(others, rules.date ?? [])).flatMap(([name, value]) => {
    const read =
      typeof value === 'string' ? readCell(value, name, specOf.get(name), rules, isTable) : value;
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

/** Between the values of a set in a table. */
const SET_SEPARATOR = '|';

/** @returns undefined for a missing one. */
function readCell(
  cell: string,
  name: string,
  column: ColumnSpec | undefined,
  rules: RowRules,
  isTable: boolean,
): unknown {
  const where = `column ${name}`;
  if (rules.missing?.includes(cell.trim()) === true) return undefined;
  switch (column?.type) {
    case 'number': {
      if (column.currency !== undefined) return readPriceCell(cell, where, rules, column);
      const number = readNumber(cell, where, rules);
      return Number.isNaN(number) ? undefined : number;
    }
    case 'date': {
      if (isMissing(cell)) return undefined;
      // As it is written, once it is known to be a moment: a catalogue that is read by people keeps its dates.
      const text = rules.dateOrder === undefined ? cell : dateInOrder(cell, rules.dateOrder);
      return Number.isNaN(parseMoment(text, where)) ? undefined : text.trim();
    }
    case 'set': {
      if (isMissingText(cell)) return undefined;
      const separator = own(rules.sets ?? {}, name) ?? (isTable ? SET_SEPARATOR : undefined);
      if (separator === undefined) return cell;
      return cell
        .split(separator)
        .map((value) => value.trim())
        .filter((value) => value !== '');
    }
    case 'embedding': {
      if (isMissingText(cell)) return undefined;
      const numbers = cell.split(SET_SEPARATOR).map((one) => readNumber(one, where, rules));
      // What is no list of numbers is told with the item, in the words of every other way in.
      return numbers.some(Number.isNaN) ? cell : numbers;
    }
    default:
      return isMissingText(cell) ? undefined : cell;
  }
}
