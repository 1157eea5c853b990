import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { nfc } from '../../shared/domain/nfc.ts';
import { count } from '../../shared/text/text.ts';
import { delimiterOf, readDelimiter } from './delimiter-of.ts';
import { readText } from './read-text.ts';

export interface TableOptions {
  /** Of the columns; default: comma, semicolon or tab, whichever the header has most of. */
  readonly delimiter?: string;
}

export interface TableRow {
  /** One per column of the header, without spaces around them. */
  readonly cells: readonly string[];
  /** Number of its first line in the file, 1-based as editors show it. */
  readonly line: number;
}

/** The header, and then each row as it is read. */
export interface Table {
  readonly header: readonly string[];
  rows(): AsyncIterable<TableRow>;
}

/** A quote that is never closed would make the rest of the file one row. */
const MAX_ROW_BYTES = 1024 * 1024;
const MAX_CELL_LENGTH = 65_536;

/** A row before its cells are held against the header. */
type RawRow = TableRow;

/**
 * The one way in which a table is read from a file: CSV, semicolons or tabs, with or without quotes, in any encoding that
 * `readText` knows. Blank lines, and delimiters behind the last column, mean nothing.
 * @param file its path; `-` is stdin.
 * @throws ApiError 400 with the file and the line: no file, no header, a name twice, a row of another length, a cell or row that
 * is too long, a quote that is never closed.
 */
export async function openTable(file: string, options: TableOptions = {}): Promise<Table> {
  const located = (error: unknown) => invalid(`${file}: ${messageOf(error)}`);
  const given = options.delimiter === undefined ? undefined : readDelimiter(options.delimiter);
  const text = readText(file, MAX_ROW_BYTES);
  const raw = rowsOf(text, given);
  const next = async () => {
    try {
      return await raw.next();
    } catch (error) {
      throw located(error);
    }
  };
  const first = await next();
  if (first.done === true) throw invalid(`${file} is empty: its first line must name the columns`);
  const named = withoutTrailing(first.value.cells.map(nfc), 0);
  const header = named.filter((name) => name !== '');
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) {
    const places = named.flatMap((name, i) => (name === twice ? [i + 1] : []));
    throw invalid(
      `${file}: two columns are named "${twice}" (columns ${places.join(' and ')}): rename one`,
    );
  }
  return {
    header,
    async *rows() {
      for (let row = await next(); row.done !== true; row = await next()) {
        const { cells, line } = row.value;
        yield { cells: fitted(cells, named, `${file}: line ${line}`), line };
      }
    },
  };
}

async function* rowsOf(
  text: AsyncGenerator<string>,
  delimiter: string | undefined,
): AsyncGenerator<RawRow> {
  const lines = withLineFeeds(text);
  const head = await headOf(lines);
  if (head === '') return;
  // Where the row begins that is parsed next. The parser's own line is where it gave up, which may be the end of the file.
  let line = 1;
  /** Of rows that are parsed and not yet taken. */
  const begun: number[] = [];
  const parser = parse({
    on_record(cells, { lines: end }) {
      begun.push(line);
      line = end + 1;
      return cells;
    },
    trim: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
    delimiter: delimiter ?? delimiterOf(head),
  });
  const source = Readable.from(
    (async function* () {
      yield head;
      yield* lines;
    })(),
  );
  // `pipe` does not forward errors.
  source.once('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const own = begun.shift()!;
      if (cells.length > 1 || cells[0] !== '') yield { cells, line: own };
    }
  } catch (error) {
    throw error instanceof ApiError ? error : invalid(parseProblem(error, line));
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** Pieces up to the end of a line that is not blank: a pipe may give a few characters at a time, and the delimiter is told from all of it. */
async function headOf(pieces: AsyncGenerator<string>): Promise<string> {
  let head = '';
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    head += next.value;
    if (hasWholeLine(head) || head.length > MAX_ROW_BYTES) break;
  }
  return head;
}

/** Whether a line that is not blank has ended. One pattern for both would go through a long line once for each of its characters. */
function hasWholeLine(text: string): boolean {
  const from = text.search(/\S/);
  return from >= 0 && /[\r\n]/.test(text.slice(from));
}

/** The parser counts a CRLF within quotes as two lines. */
async function* withLineFeeds(text: AsyncIterable<string>): AsyncGenerator<string> {
  let held = '';
  for await (const piece of text) {
    const whole = held + piece;
    held = whole.endsWith('\r') ? '\r' : '';
    yield whole.slice(0, whole.length - held.length).replaceAll('\r\n', '\n');
  }
  if (held !== '') yield held;
}

/** What the parser calls a quote that neither opens nor closes a cell. */
const QUOTE_WITHIN: ReadonlySet<unknown> = new Set([
  'INVALID_OPENING_QUOTE',
  'CSV_INVALID_CLOSING_QUOTE',
  'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE',
]);

function parseProblem(error: unknown, line: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return `line ${line}: a quote is opened in this row and never closed: close it, or double it if it is part of the text ("")`;
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `line ${line}: this row is longer than the maximum of ${count(MAX_ROW_BYTES)} bytes: is a quote opened in it and never closed?`;
  if (QUOTE_WITHIN.has(code))
    return `line ${line}: a quote stands within a cell: put the whole cell into quotes, and double each one that is part of the text ("")`;
  return `line ${line}: ${messageOf(error)}`;
}

/** Cells behind the last column that are empty. @param least how many stay. */
function withoutTrailing(cells: readonly string[], least: number): readonly string[] {
  let length = cells.length;
  while (length > least && cells[length - 1] === '') length--;
  return cells.slice(0, length);
}

/** The cells of the named columns. */
function fitted(all: readonly string[], named: readonly string[], where: string): string[] {
  const cells = withoutTrailing(all, named.length);
  if (cells.length !== named.length)
    throw invalid(
      `${where} has ${count(cells.length)} cells, but the header names ${count(named.length)} columns: is a delimiter missing, or a cell without quotes that holds one?`,
    );
  cells.forEach((cell, i) => {
    if (named[i] === '' && cell !== '')
      throw invalid(`${where}: column ${i + 1} has a value ("${cell.slice(0, 40)}") and no name`);
    if (cell.length > MAX_CELL_LENGTH)
      throw invalid(
        `${where}, column ${named[i]}: a cell of ${count(cell.length)} characters, and the maximum is ${count(MAX_CELL_LENGTH)}: is a quote opened in it and never closed?`,
      );
  });
  return cells.filter((_, i) => named[i] !== '');
}

/** The indexes of the columns. @throws ApiError naming the first column that is missing, and those that exist. */
export function placesOf(
  file: string,
  header: readonly string[],
  columns: readonly string[],
): ReadonlyMap<string, number> {
  for (const column of columns)
    if (!header.includes(nfc(column)))
      throw invalid(`${file} has no column "${column}": it has ${header.join(', ')}`);
  return new Map(columns.map((column) => [column, header.indexOf(nfc(column))]));
}
