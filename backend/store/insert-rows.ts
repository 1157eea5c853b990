import type { Statement } from './open.ts';

export type Cell = string | number | null | Uint8Array;

/** Well under SQLite's limit of 32,766 parameters for any table here. */
const ROWS_PER_STATEMENT = 500;

/**
 * Multi-row inserts that skip rows whose key is there already, and rows of deleted users.
 * @param userColumn index of the column that holds the user, or null.
 */
export function insertRows(
  table: string,
  columns: readonly string[],
  userColumn: number,
  rows: readonly (readonly Cell[])[],
): Statement[] {
  const names = columns.map((name) => `"${name}"`).join(', ');
  const tuple = `(${columns.map(() => '?').join(', ')})`;
  const user = `column${userColumn + 1}`;
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const chunk = rows.slice(from, from + ROWS_PER_STATEMENT);
    const tuples = chunk.map(() => tuple).join(', ');
    const sql = `insert into "${table}" (${names}) select * from (values ${tuples})
      where ${user} is null or ${user} not in (select "userId" from deleted_users)
      on conflict do nothing`;
    statements.push({ toSQL: () => ({ sql, params: chunk.flat() }) });
  }
  return statements;
}
