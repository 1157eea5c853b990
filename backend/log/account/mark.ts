import { randomUUID } from 'node:crypto';
import { eq, sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import { logMarks } from '../../store/tables.ts';

/** The last row of a table that was read: row ids are the order of insertion. */
export interface Seen {
  readonly rowid: number;
  readonly key: string;
}

/** How far the log is judged. */
export interface JudgedMark {
  readonly version: string;
  readonly decisions: Seen | null;
  readonly events: Seen | null;
  /** Days before this one, epoch ms, are closed: what comes in of them counts for nobody. */
  readonly closedBefore: number;
  /** Rankings up to this row were judged before, by a mark that was lost: they are not late. */
  readonly knownTo: number;
  /** Rows of `session_days` up to this revision are from before the version. */
  readonly startRevision: number;
}

/** How far outcomes are credited. */
export interface CreditedMark {
  readonly version: string;
  readonly outcomes: Seen | null;
  /** Of `session_days`. */
  readonly revision: number;
}

export const JUDGED = 'account: judged';
export const CREDITED = 'account: credited';

const KEYS = { decisions: 'rankingId', events: 'eventId', outcomes: 'outcomeId' } as const;
export type LogTable = keyof typeof KEYS;

export interface ReadMark<T> {
  /** As stored, to the letter: a mark is only moved from where its mover saw it. */
  readonly text?: string;
  readonly mark?: T;
}

export async function readMark<T>(db: LibSQLDatabase, name: string): Promise<ReadMark<T>> {
  const [row] = await db.select().from(logMarks).where(eq(logMarks.name, name));
  return row === undefined ? {} : { text: row.value, mark: JSON.parse(row.value) as T };
}

/** A mark that no other mover writes, even to the same place. */
export const markText = (mark: object): string => JSON.stringify({ ...mark, by: randomUUID() });

/** Moves a mark unless another backend was first; the statements beside it hold only where `isAt` its new place. */
export function moveMark(name: string, from: string | undefined, to: string): Statement {
  const [query, params] =
    from === undefined
      ? ['insert into log_marks (name, value) values (?, ?) on conflict do nothing', [name, to]]
      : ['update log_marks set value = ? where name = ? and value = ?', [to, name, from]];
  return { toSQL: () => ({ sql: query, params }) };
}

export const isAt = (name: string, text: string): SQL =>
  sql`(select value from log_marks where name = ${name}) = ${text}`;

/** Raw SQL as a statement. */
export const statement = (db: LibSQLDatabase, query: SQL): Statement => ({
  toSQL: () => db.run(query).getQuery(),
});

/** Whether the row at a mark is still the same one: only then all that came since lies after it. */
export async function isStillThere(
  db: LibSQLDatabase,
  table: LogTable,
  seen: Seen | null,
): Promise<boolean> {
  if (seen === null) return true;
  const [row] = await db.all<{ key: string }>(sql`
    select ${sql.identifier(KEYS[table])} as key from ${sql.identifier(table)}
    where rowid = ${seen.rowid}`);
  return row?.key === seen.key;
}

/** The newest rows of a table after a mark, oldest first. */
export const rowsAfter = <T>(
  db: LibSQLDatabase,
  table: LogTable,
  seen: Seen | null,
  columns: SQL,
  limit: number,
): Promise<(T & Seen)[]> =>
  db.all<T & Seen>(sql`
    select rowid, ${sql.identifier(KEYS[table])} as key, ${columns} from ${sql.identifier(table)}
    where rowid > ${seen?.rowid ?? 0} order by rowid limit ${limit}`);

/**
 * To be run in every transaction that deletes rows of the log, after them: SQLite gives the row ids of deleted newest rows
 * again, so that a mark must point at a row that is there.
 */
export const keepMarks = (db: LibSQLDatabase): Statement[] => [
  repair(db, JUDGED, ['decisions', 'events']),
  repair(db, CREDITED, ['outcomes']),
];

function repair(db: LibSQLDatabase, name: string, tables: readonly LogTable[]): Statement {
  const last = (table: LogTable) => sql`${`$.${table}`}, (
    select json_object('rowid', t.rowid, 'key', t.${sql.identifier(KEYS[table])})
    from ${sql.identifier(table)} t where t.rowid <= (log_marks.value ->> ${`$.${table}.rowid`})
    order by t.rowid desc limit 1)`;
  // Whoever read the log before the deletion must not move the mark from what he saw.
  return statement(
    db,
    sql`update log_marks set value = json_set(value, ${sql.join(tables.map(last), sql`, `)},
      '$.by', hex(randomblob(16))) where name = ${name}`,
  );
}
