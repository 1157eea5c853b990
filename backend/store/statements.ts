import type { InValue } from '@libsql/client';
import type { RowCells } from './row-cells.ts';

/** Any drizzle query, or SQL written by hand where drizzle would build thousands of parameters one by one. */
export interface Statement {
  toSQL(): { sql: string; params: unknown[] };
  /** The same as one statement for each of many rows, for a database that is no round trip away; undefined where it has none. */
  readonly byRow?: () => StatementByRow | undefined;
}

/** A statement as it crosses to the thread that writes. */
export interface BoundStatement {
  readonly sql: string;
  readonly args: InValue[];
}

/** A statement that is run for each row, with its cells as arguments. It affects the sum of what it affects each time. */
export interface StatementByRow {
  readonly sql: string;
  readonly rows: RowCells;
  /** Gives the numbers of the rows that it is run for, in its first column; absent where it is all of them. */
  readonly chosen?: BoundStatement;
}

export function bind(statement: Statement): BoundStatement {
  const { sql, params } = statement.toSQL();
  return { sql, args: params as BoundStatement['args'] };
}

/** The inverse of `bind`. */
export const unbind = ({ sql, args }: BoundStatement): Statement => ({
  toSQL: () => ({ sql, params: args }),
});

/** As `bind`, for a local file. */
export const bindLocally = (statement: Statement): BoundStatement | StatementByRow =>
  statement.byRow?.() ?? bind(statement);
