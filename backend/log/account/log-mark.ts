import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { CREDITED, CLASSIFIED, readMark, type CreditedMark, type ClassifiedMark } from './mark.ts';
import { newestDeletion } from './deletions.ts';
import { newestRevision } from './revision.ts';
import type { Span } from './span.ts';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';

/** How the log is counted. */
interface AccountState {
  /** Null before it was counted at all. */
  readonly version: string | null;
  /** Days before this one, epoch ms, are closed. */
  readonly closedBefore: number;
  /** Numbers of the newest ranking and the newest event that were counted, added up: it rises by one with each of them. */
  readonly rows: number;
}

export async function readAccount(db: LibSQLDatabase): Promise<AccountState> {
  const { mark } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  return {
    version: mark?.version ?? null,
    closedBefore: mark?.closedBefore ?? 0,
    rows: (mark?.decisions?.rowid ?? 0) + (mark?.events?.rowid ?? 0),
  };
}

/** How far the account of the whole log has come. Equal marks mean that nothing has changed; each part is one index lookup. */
export async function readLogMark(db: LibSQLDatabase): Promise<string> {
  const { mark: classified } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  const { mark: credited } = await readMark<CreditedMark>(db, CREDITED);
  const [{ deletions, revision }] = await db.all<Record<'deletions' | 'revision', number>>(sql`
    select ${newestDeletion} as deletions, ${newestRevision} as revision`);
  const rows = [classified?.decisions, classified?.events, credited?.outcomes].map(
    (seen) => seen?.rowid ?? 0,
  );
  return [...rows, deletions, revision].join('-');
}

/** First milliseconds of the days in a span on which something was ranked under a schema. */
export const daysWithRankings = (
  db: LibSQLDatabase,
  schemaHash: string,
  span: Span,
): Promise<number[]> =>
  daysOf(span, async ({ from, to }) => {
    const [{ at }] = await db.all<{ at: number | null }>(sql`
      select min(at) as at from decisions
      where schemaHash = ${schemaHash} and at between ${from} and ${to}`);
    return at;
  });

/** The same of days on which feedback came in. */
export const daysWithEvents = (db: LibSQLDatabase, span: Span): Promise<number[]> =>
  daysOf(span, async ({ from, to }) => {
    const [{ at }] = await db.all<{ at: number | null }>(sql`
      select min(receivedAt) as at from events where receivedAt between ${from} and ${to}`);
    return at;
  });

/** Each next day is one index lookup. */
async function daysOf(
  span: Span,
  first: (rest: Span) => Promise<number | null>,
): Promise<number[]> {
  const starts: number[] = [];
  let at = await first(span);
  while (at !== null) {
    const start = floorToDay(at);
    starts.push(start);
    at = await first({ from: start + DAY_MS, to: span.to });
  }
  return starts;
}

/** Every schema that something was ranked under. */
export async function schemasWithRankings(db: LibSQLDatabase): Promise<string[]> {
  const rows = await db.all<{ hash: string }>(sql`
    with recursive known(hash) as (
      select min(schemaHash) from decisions
      union all
      select (select min(schemaHash) from decisions where schemaHash > hash) from known
      where hash is not null)
    select hash from known where hash is not null`);
  return rows.map(({ hash }) => hash);
}

/** When what is left of the log begins, epoch ms; undefined where it is empty. */
export async function logStart(db: LibSQLDatabase): Promise<number | undefined> {
  const firsts: number[] = [];
  for (const hash of await schemasWithRankings(db)) {
    const [row] = await db.all<{ at: number }>(
      sql`select min(at) as at from decisions where schemaHash = ${hash}`,
    );
    firsts.push(row.at);
  }
  return firsts.length === 0 ? undefined : Math.min(...firsts);
}
