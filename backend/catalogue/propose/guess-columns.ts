import { isMissingText } from '../../table/read-cell.ts';
import type { DateOrder, ItemFile } from '../files/item-file.ts';
import { dateForm, momentsOf, type DateForm } from './guess-dates.ts';
import { dimensionsOf } from './guess-embeddings.ts';
import { guessId } from './guess-id.ts';
import {
  guessDecimal,
  numberColumn,
  numbersOf,
  severalCurrencies,
  stripOf,
  type NumberColumn,
} from './guess-numbers.ts';
import { countsOf, entriesOf, separatorOf } from './guess-sets.ts';
import type { ColumnGuess, Guess, GuessedColumn, Question, Row } from './guess.ts';

/** What the cells of a column look like before the columns are compared. */
type Looks =
  | { readonly as: 'lists'; readonly lists: readonly (readonly string[])[] }
  | { readonly as: 'number'; readonly column: NumberColumn }
  | { readonly as: 'date'; readonly form: DateForm; readonly cells: readonly string[] }
  | { readonly as: 'embedding'; readonly dimensions: number }
  | { readonly as: 'text'; readonly cells: readonly string[] }
  | { readonly as: 'none'; readonly why: string };

/** Numbers that name something, and measure nothing. */
const NUMBER_THAT_NAMES =
  /(^|[ _-])(id|ids|sku|ean|gtin|upc|isbn|barcode|zip|zipcode|postal|postcode|phone|fax|code)([ _-]|$)|[a-z]Id$/i;
const COORDINATE = /^(lat|latitude|lon|lng|long|longitude)$/i;

/**
 * How the rows of a file are to be read and what its columns hold, told from a sample of them.
 * @param given what is known already, such as the answers to questions.
 * @throws ApiError 400 where items cannot be told apart.
 */
export function guessColumns(
  header: readonly string[],
  rows: readonly Row[],
  given: ItemFile,
): Guess {
  const id =
    given.idColumn === undefined
      ? guessId(header, rows)
      : { idColumn: given.idColumn, merge: given.merge ?? false };
  const names = header.filter((name) => name !== id.idColumn);
  const looks = new Map(names.map((name) => [name, looksOf(name, rows, given)]));
  const numbers = [...looks.values()].flatMap((one) => (one.as === 'number' ? [one.column] : []));
  const decimal = given.decimal === undefined ? guessDecimal(numbers) : { decimal: given.decimal };
  const order = given.dateOrder === undefined ? orderOf(looks) : { order: given.dateOrder };
  const readable = numbers.filter(
    (column) => !numbersOf(column, decimal.decimal).some(Number.isNaN),
  );
  const columns = names.map((name): GuessedColumn => {
    const guess = guessOf(name, looks.get(name)!, decimal.decimal, order.order, given);
    return { name, guess, example: exampleOf(rows, name) };
  });
  const strip = stripOf([
    ...(given.strip?.split(' ') ?? []),
    ...readable.flatMap((one) => one.units),
  ]);
  const missing = [
    ...new Set([...(given.missing ?? []), ...readable.flatMap((one) => one.missing)]),
  ].filter((text) => text !== '');
  const sets = Object.fromEntries(
    columns.flatMap(({ name, guess }) =>
      guess.type === 'set' && guess.separator !== undefined && guess.separator !== '|'
        ? [[name, guess.separator.trim()]]
        : [],
    ),
  );
  return {
    file: {
      ...given,
      idColumn: id.idColumn,
      ...(id.merge && { merge: true }),
      ...(strip.trim() !== '' && { strip: strip.trim() }),
      ...(decimal.decimal !== undefined && { decimal: decimal.decimal }),
      ...(order.order !== undefined && { dateOrder: order.order }),
      ...(missing.length > 0 && { missing }),
      ...(Object.keys(sets).length > 0 && { sets: { ...sets, ...given.sets } }),
    },
    columns: [
      { name: id.idColumn, guess: { type: 'id' }, example: exampleOf(rows, id.idColumn) },
      ...columns,
    ],
    open: [
      'question' in id ? id.question : undefined,
      'question' in decimal ? decimal.question : undefined,
      'question' in order ? order.question : undefined,
    ].filter((question) => question !== undefined),
  };
}

function looksOf(name: string, rows: readonly Row[], given: ItemFile): Looks {
  const values = rows.map((row) => row[name]).filter((value) => !isAbsent(value, given));
  if (values.length === 0) return { as: 'none', why: 'it is empty' };
  const dimensions = dimensionsOf(values);
  if (dimensions !== undefined) return { as: 'embedding', dimensions };
  if (values.every(Array.isArray)) {
    const lists = values as string[][];
    return lists.every((list) => list.every((entry) => typeof entry === 'string'))
      ? { as: 'lists', lists }
      : { as: 'none', why: 'its lists hold more than texts' };
  }
  if (values.some((value) => typeof value === 'object'))
    return { as: 'none', why: 'it holds objects' };
  const cells = values.map((value) => String(value).trim());
  if (given.sets !== undefined && Object.hasOwn(given.sets, name)) return { as: 'text', cells };
  const form = dateForm(cells);
  if (form !== undefined) return { as: 'date', form, cells };
  const currencies = severalCurrencies(cells);
  if (currencies !== undefined)
    return {
      as: 'none',
      why: `prices in ${currencies.join(', ')}: docs/markets.md`,
    };
  const column = numberColumn(name, cells);
  // "Product 12" counts no products.
  const isTitled = TITLE.test(name) && column !== undefined && column.units.length > 0;
  return column === undefined || isTitled ? { as: 'text', cells } : { as: 'number', column };
}

const isAbsent = (value: unknown, { missing = [] }: ItemFile): boolean =>
  value === null ||
  value === undefined ||
  (typeof value === 'string' && (isMissingText(value) || missing.includes(value.trim())));

/** The order of the days and months in a file: one column may show what another one leaves open. */
function orderOf(looks: ReadonlyMap<string, Looks>): {
  readonly order?: DateOrder;
  readonly question?: Question;
} {
  const dates = [...looks].flatMap(([name, one]) => (one.as === 'date' ? [{ name, ...one }] : []));
  const shown = dates.find(({ form }) => form === 'day-first' || form === 'month-first');
  if (shown !== undefined) return { order: shown.form as DateOrder };
  const either = dates.find(({ form }) => form === 'either');
  if (either === undefined) return {};
  const [cell] = either.cells;
  return {
    order: 'day-first',
    question: {
      option: 'dateOrder',
      text: `Which day is "${cell}" of column ${either.name}?`,
      choices: (['day-first', 'month-first'] as const).map((value) => ({
        value,
        meaning: new Date(momentsOf([cell], value)[0]).toISOString().slice(0, 10),
      })),
      otherwise: 'day-first',
    },
  };
}

function guessOf(
  name: string,
  looks: Looks,
  decimal: '.' | ',' | undefined,
  order: DateOrder | undefined,
  given: ItemFile,
): ColumnGuess {
  switch (looks.as) {
    case 'none':
      return { type: 'none', why: looks.why };
    case 'embedding':
      return { type: 'embedding', dimensions: looks.dimensions };
    case 'lists':
      return { type: 'set', counts: countsOf(looks.lists.flat()) };
    case 'date': {
      const read = looks.form === 'iso' ? undefined : order;
      const isOther = looks.form !== 'iso' && looks.form !== 'either' && looks.form !== order;
      if (isOther) return { type: 'none', why: 'its dates are written in another order' };
      return { type: 'date', values: momentsOf(looks.cells, read) };
    }
    case 'number':
      return numberGuess(name, looks.column, decimal);
    case 'text': {
      const separator = given.sets?.[name] ?? separatorOf(name, looks.cells);
      if (separator === undefined) return textGuess(name, looks.cells);
      const counts = countsOf(looks.cells.flatMap((cell) => entriesOf(cell, separator)));
      return { type: 'set', counts, separator };
    }
    default:
      throw looks satisfies never;
  }
}

function numberGuess(
  name: string,
  column: NumberColumn,
  decimal: '.' | ',' | undefined,
): ColumnGuess {
  const values = numbersOf(column, decimal);
  if (values.some(Number.isNaN))
    return { type: 'none', why: 'its decimals are marked otherwise than in other columns' };
  const distinct = new Set(values).size;
  if (distinct === 1) return { type: 'none', why: 'it is the same in every row' };
  if (COORDINATE.test(name)) return { type: 'none', why: 'nothing ranks by coordinates' };
  if (NUMBER_THAT_NAMES.test(name)) return { type: 'none', why: 'its numbers are names' };
  return {
    type: 'number',
    values,
    ...(column.units.length > 0 && { unit: column.units.join(' ') }),
  };
}

const LONGEST_VALUE = 60;
/** Of so few rows nothing can be said by how often values repeat. */
const FEW_ROWS = 12;

const TITLE = /^(title|name|headline|label)$/i;
/** With more of them, they are what people read and not a kind of item. */
const MOST_TITLES = 25;

function textGuess(name: string, cells: readonly string[]): ColumnGuess {
  const counts = countsOf(cells);
  if (TITLE.test(name) && counts.size > MOST_TITLES) return { type: 'none', why: 'it is a title' };
  if (cells.every((cell) => /^https?:\/\//i.test(cell)))
    return { type: 'none', why: 'it holds addresses' };
  if (cells.some((cell) => cell.length > LONGEST_VALUE))
    return { type: 'none', why: 'it holds longer texts' };
  if (counts.size === 1 && cells.length > 1)
    return { type: 'none', why: 'it is the same in every row' };
  if (
    counts.size > 0.5 * cells.length &&
    (cells.length >= FEW_ROWS || counts.size === cells.length)
  )
    return { type: 'none', why: 'it differs from row to row' };
  return { type: 'category', counts };
}

function exampleOf(rows: readonly Row[], name: string): string {
  const value = rows.map((row) => row[name]).find((one) => !isAbsent(one, {}));
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}
