import type { Statement } from './open.ts';

export type Cell = string | number | null | Uint8Array;

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
}

/** Neither the user that the row names has been deleted nor, of a row that names no user, its session. */
export const NOT_DELETED: Condition = {
  sql: `case when given."userId" is null
    then coalesce(given."sessionId", '') not in (select "sessionId" from deleted_sessions)
    else given."userId" not in (select "userId" from deleted_users) end`,
};

/** Well under SQLite's limit of 32,766 parameters for any table here. */
const ROWS_PER_STATEMENT = 500;

/**
 * Statements that insert any number of rows, to be written in one transaction. Cells are bound as they are: no number
 * loses a digit, and bytes stay bytes.
 */
export function insertRows({
  table,
  columns,
  rows,
  conditionColumns = [],
  where = { sql: 'true' },
  onConflict = 'do nothing',
}: RowsToInsert): Statement[] {
  const inserted = columns.map(quoted).join(', ');
  const named = [...columns, ...conditionColumns]
    .map((name, i) => `column${i + 1} as ${quoted(name)}`)
    .join(', ');
  const tuple = `(${[...columns, ...conditionColumns].map(() => '?').join(', ')})`;
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const chunk = rows.slice(from, from + ROWS_PER_STATEMENT);
    const tuples = chunk.map(() => tuple).join(', ');
    const sql = `insert into ${quoted(table)} (${inserted})
      select ${inserted} from (select ${named} from (values ${tuples})) as given
      where ${where.sql} on conflict ${onConflict}`;
    statements.push({ toSQL: () => ({ sql, params: [...chunk.flat(), ...(where.params ?? [])] }) });
  }
  return statements;
}

const quoted = (name: string): string => `"${name}"`;

/** How many rows the statements of `insertRows` have inserted or changed together. */
export const rowsChanged = (counts: readonly number[]): number =>
  counts.reduce((total, count) => total + count, 0);
