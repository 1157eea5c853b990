import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';

export type Cell = string | number | null;

/** A `select`, the columns of it that are read, and the common table expressions that it uses. */
export interface PackedQuery {
  readonly tables?: SQL;
  readonly columns: readonly string[];
  readonly select: SQL;
}

/** Written into the query: the driver binds every number as a real, and a real quotient would give each row a text of its own. */
const ROWS_PER_TEXT = sql.raw('4000');

/**
 * Reads rows as plain lists, in no particular order. SQLite packs thousands of rows into one JSON text, because the
 * driver makes an object of about a kilobyte of every row that it returns. Reals keep all their digits.
 */
export async function packedRows(
  db: LibSQLDatabase,
  { tables, columns, select }: PackedQuery,
  take: (row: readonly Cell[]) => void,
): Promise<void> {
  const cells = columns.map((name) => {
    const cell = sql.identifier(name);
    return sql`case typeof(${cell}) when 'real' then json(printf('%!.17g', ${cell})) else ${cell} end`;
  });
  const texts = await db.all<{ rows: string }>(sql`
    ${tables === undefined ? sql`` : sql`with ${tables}`}
    select json_group_array(json_array(${sql.join(cells, sql`, `)})) as rows
    from (select *, (row_number() over () - 1) / ${ROWS_PER_TEXT} as chunk from (${select}))
    group by chunk`);
  for (const { rows } of texts) for (const row of JSON.parse(rows) as Cell[][]) take(row);
}
