import { randomUUID } from 'node:crypto';
import { eq, sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Statement } from '../../store/open.ts';
import { logMarks } from '../../store/tables.ts';

/** The last row of a table that was read; row ids are in order of insertion. */
export interface Seen {
  readonly rowid: number;
  readonly key: string;
}

/** How far the log is classified. */
export interface ClassifiedMark {
  readonly version: string;
  readonly decisions: Seen | null;
  readonly events: Seen | null;
  /** Days before this one, epoch ms, are closed: rows that still come in for them do not count. */
  readonly closedBefore: number;
  /** Rankings up to this row were classified before, under a mark that was lost: they are not late. */
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

/** Names of stored marks; the first is older than the word that the code uses now. */
export const CLASSIFIED = 'account: judged';
export const CREDITED = 'account: credited';
/** Of each arm that learns as people click: how far the log is learned from. */
export const LEARNED = 'learned: ';

const KEYS = { decisions: 'rankingId', events: 'eventId', outcomes: 'outcomeId' } as const;
export type LogTable = keyof typeof KEYS;

export interface ReadMark<T> {
  /** Exactly as stored: a mark is moved only if it still has the text that its mover read. */
  readonly text?: string;
  readonly mark?: T;
}

export async function readMark<T>(db: LibSQLDatabase, name: string): Promise<ReadMark<T>> {
  const [row] = await db.select().from(logMarks).where(eq(logMarks.name, name));
  return row === undefined ? {} : { text: row.value, mark: JSON.parse(row.value) as T };
}

/** Sets a mark whatever it was, for what any backend would set alike. */
export const setMark = (db: LibSQLDatabase, name: string, mark: unknown): Statement =>
  db
    .insert(logMarks)
    .values({ name, value: JSON.stringify(mark) })
    .onConflictDoUpdate({ target: logMarks.name, set: { value: sql`excluded.value` } });

/** A text that no other mover writes, even for the same mark. */
export const markText = (mark: object): string => JSON.stringify({ ...mark, by: randomUUID() });

/** Moves a mark unless another backend was first; the other statements of the transaction take effect only where `isAt` the new text. */
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

/** Whether the row at a mark is still the same one; only then are all newer rows after it. */
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
 * To be run last in every transaction that deletes rows of the log: SQLite reuses the row ids of the newest rows once they
 * are deleted, so a mark must point at a row that exists.
 */
export const keepMarks = (db: LibSQLDatabase): Statement[] => [
  repair(db, CLASSIFIED, ['decisions', 'events']),
  repair(db, CREDITED, ['outcomes']),
  repair(db, `${LEARNED}*`, ['decisions', 'events']),
];

/** @param name with * for any text. */
function repair(db: LibSQLDatabase, name: string, tables: readonly LogTable[]): Statement {
  const last = (table: LogTable) => sql`${`$.${table}`}, (
    select json_object('rowid', t.rowid, 'key', t.${sql.identifier(KEYS[table])})
    from ${sql.identifier(table)} t where t.rowid <= (log_marks.value ->> ${`$.${table}.rowid`})
    order by t.rowid desc limit 1)`;
  // A backend that read the log before the deletion must not move the mark: its text changes.
  return statement(
    db,
    sql`update log_marks set value = json_set(value, ${sql.join(tables.map(last), sql`, `)},
      '$.by', hex(randomblob(16))) where name glob ${name}`,
  );
}
