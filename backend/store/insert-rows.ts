import type { Statement } from './open.ts';
import { packCells, type Cell } from './row-cells.ts';
import type { StatementByRow } from './statements.ts';

export type { Cell } from './row-cells.ts';

export interface RowsToInsert {
  readonly table: string;
  readonly columns: readonly string[];
  /** A cell per column, and behind them one per column that is only for conditions. */
  readonly rows: readonly (readonly Cell[])[];
  /** Columns that `where` may read and the table does not have. */
  readonly conditionColumns?: readonly string[];
  /** What must hold of a row for it to be inserted, as SQL over `given."<column>"`. */
  readonly where?: Condition;
  /** What to do with a row whose key is there already, as in SQL; default `do nothing`. */
  readonly onConflict?: string;
}

export interface Condition {
  readonly sql: string;
  readonly params?: readonly Cell[];
  /** All columns that it reads, if they hold texts and no row of a batch changes what it says of another. */
  readonly reads?: readonly string[];
}

/** Neither the user that the row names has been deleted nor, of a row that names no user, its session. */
export const NOT_DELETED: Condition = {
  sql: `case when given."userId" is null
    then coalesce(given."sessionId", '') not in (select "sessionId" from deleted_sessions)
    else given."userId" not in (select "userId" from deleted_users) end`,
  reads: ['userId', 'sessionId'],
};

const ALL: Condition = { sql: 'true', reads: [] };
/** Well under SQLite's limit of 32,766 parameters for any table here. */
const ROWS_PER_STATEMENT = 500;

/**
 * Statements that insert any number of rows, to be written in one transaction. Cells are bound as they are: no number
 * loses a digit, and bytes stay bytes.
 */
export function insertRows(given: RowsToInsert): Statement[] {
  const { rows } = given;
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const some = { ...given, rows: rows.slice(from, from + ROWS_PER_STATEMENT) };
    statements.push({ toSQL: () => atOnce(some), byRow: () => byRow(some) });
  }
  return statements;
}

function atOnce({
  table,
  columns,
  rows,
  conditionColumns = [],
  where = ALL,
  onConflict = 'do nothing',
}: RowsToInsert) {
  const inserted = columns.map(quoted).join(', ');
  const named = [...columns, ...conditionColumns]
    .map((name, i) => `column${i + 1} as ${quoted(name)}`)
    .join(', ');
  const tuple = `(${[...columns, ...conditionColumns].map(() => '?').join(', ')})`;
  const tuples = rows.map(() => tuple).join(', ');
  const sql = `insert into ${quoted(table)} (${inserted})
      select ${inserted} from (select ${named} from (values ${tuples})) as given
      where ${where.sql} on conflict ${onConflict}`;
  return { sql, params: [...rows.flat(), ...(where.params ?? [])] };
}

/**
 * The same row by row: SQLite parses a statement of thousands of parameters for as long as it inserts them, and keeps a journal of each
 * statement that selects what it inserts. So what the condition holds of is asked before, of all rows at once. What all rows have in
 * common stands in the statement, as binding a cell costs more than reading it there.
 * @returns undefined where the condition may change from row to row.
 */
function byRow({
  table,
  columns,
  rows,
  where = ALL,
  onConflict = 'do nothing',
}: RowsToInsert): StatementByRow | undefined {
  const { reads } = where;
  const cells = reads && packCells(rows);
  if (reads === undefined || cells === undefined) return undefined;
  const sql = `insert into ${quoted(table)} (${columns.map(quoted).join(', ')})
    values (${cells.same.map((literal) => literal ?? '?').join(', ')}) on conflict ${onConflict}`;
  if (where === ALL) return { sql, rows: cells };
  const numbers = reads.map((name) => columns.indexOf(name));
  const named = reads.map((name, i) => `value ->> ${i} as ${quoted(name)}`);
  const chosen = `select given.key from (select key, ${named.join(', ')} from json_each(?)) as given where ${where.sql}`;
  const read = JSON.stringify(rows.map((row) => numbers.map((number) => row[number])));
  return { sql, rows: cells, chosen: { sql: chosen, args: [read, ...(where.params ?? [])] } };
}

const quoted = (name: string): string => `"${name}"`;

/** How many rows the statements of `insertRows` have inserted or changed together. */
export const rowsChanged = (counts: readonly number[]): number =>
  counts.reduce((total, count) => total + count, 0);
