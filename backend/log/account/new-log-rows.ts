import { eq, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { logMarks } from '../../store/tables.ts';

/** The last row of a table that was read: row ids are the order of insertion. */
interface Seen {
  readonly rowid: number;
  readonly key: string;
}

export interface LogMark {
  readonly decisions?: Seen;
  readonly events?: Seen;
  readonly outcomes?: Seen;
}

export interface NewRow {
  readonly sessionId: string | null;
  readonly userId: string | null;
}

export interface NewRows {
  /** Sessions and users of which something is new. */
  readonly rows: readonly NewRow[];
  /** How far that was. */
  readonly mark: LogMark;
}

const PAGE = 1000;
const KEYS = { decisions: 'rankingId', events: 'eventId', outcomes: 'outcomeId' } as const;

/** @returns what was stored, to the letter: a mark is only moved from where its mover saw it. */
export async function readMark(
  db: LibSQLDatabase,
  name: string,
): Promise<{ text?: string; mark: LogMark }> {
  const [row] = await db.select().from(logMarks).where(eq(logMarks.name, name));
  return row === undefined
    ? { mark: {} }
    : { text: row.value, mark: JSON.parse(row.value) as LogMark };
}

/** The next page of each table after a mark; no rows at the end of the log. */
export async function newRowsAfter(db: LibSQLDatabase, mark: LogMark): Promise<NewRows> {
  const rows: NewRow[] = [];
  const next: { -readonly [table in keyof LogMark]: LogMark[table] } = {};
  for (const table of ['decisions', 'events', 'outcomes'] as const) {
    const from = await resumeAt(db, table, mark[table]);
    const page = await db.all<NewRow & Seen>(sql`
      select rowid, ${sql.identifier(KEYS[table])} as key, sessionId, userId
      from ${sql.identifier(table)} where rowid > ${from} order by rowid limit ${PAGE}`);
    rows.push(...page);
    const last = page.at(-1);
    const seen = last === undefined ? mark[table] : { rowid: last.rowid, key: last.key };
    if (seen !== undefined && (last !== undefined || from > 0)) next[table] = seen;
  }
  return { rows, mark: next };
}

/**
 * SQLite gives the row ids of deleted newest rows again. While the row at the mark is still the same one, all that came
 * since lies after it; once it is gone, nothing is known, and the table is read from its start.
 */
async function resumeAt(
  db: LibSQLDatabase,
  table: keyof typeof KEYS,
  seen: Seen | undefined,
): Promise<number> {
  if (seen === undefined) return 0;
  const [row] = await db.all<{ key: string }>(sql`
    select ${sql.identifier(KEYS[table])} as key from ${sql.identifier(table)}
    where rowid = ${seen.rowid}`);
  return row?.key === seen.key ? seen.rowid : 0;
}
