import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { EventType } from '../../../shared/domain/event.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { schemasWithRankings } from './log-mark.ts';
import { CLASSIFIED } from './mark.ts';
import type { RankingExclusionReason } from './ranking-exclusion-reason.ts';

/**
 * The rows of the log that count. Readers that add them up in SQL take these in place of the tables, and have no rules of
 * their own. What came in since the account was last brought up to date is in none of them.
 */

/** Sessions and days that were not a person's. */
const BOTS = sql`(select sessionId, day from session_days where fault is not null)`;

const dayOf = (at: SQL): SQL => sql`(${at} - ${at} % ${sql.raw(String(DAY_MS))})`;

const isNoBots = (row: SQL, at: SQL): SQL => sql`(${row}.sessionId, ${dayOf(at)}) not in ${BOTS}`;

const isInTime = (row: SQL): SQL =>
  sql`${row}.rankingId not in (select rankingId from late_rankings)`;

const CLASSIFIED_TO = sql`coalesce(
  (select value ->> '$.decisions.rowid' from log_marks where name = ${sql.raw(`'${CLASSIFIED}'`)}), 0)`;

/** Whether the account has come as far as to a ranking. @param row name of a row of `decisions`, here and below. */
export const isClassified = (row: SQL): SQL => sql`${row}.rowid <= ${CLASSIFIED_TO}`;

export const rankingCounts = (row: SQL): SQL =>
  sql`(${isClassified(row)} and ${isInTime(row)} and ${isNoBots(row, sql`${row}.at`)})`;

/** Why a classified ranking does not count; null where it does. */
export const exclusionOf = (
  row: SQL,
): SQL<RankingExclusionReason | null> => sql<RankingExclusionReason | null>`case
  when ${isInTime(row)} then (
    select fault from session_days s
    where s.sessionId = ${row}.sessionId and s.day = ${dayOf(sql`${row}.at`)})
  else 'after_close' end`;

/** Rankings that people were shown. */
export const countedRankings = sql`(select c.* from decisions c where ${rankingCounts(sql`c`)})`;

/** What people did: events of rankings that count, each once. Only sessions that were a bot's on some day need the second lookup. */
export const countedEvents = sql`(
  select c.* from events c
  where c.fault = '' and (c.sessionId not in (select sessionId from session_days where fault is not null)
    or (select ${isNoBots(sql`d`, sql`d.at`)} from decisions d where d.rankingId = c.rankingId)))`;

/**
 * The search that a ranking is of: of a further page of a list the ranking of its first page. Further pages that name none are of visitors who
 * did not consent, and count nowhere.
 */
export const searchOf = (row: SQL): SQL => sql`coalesce(${row}.firstPage, ${row}.rankingId)`;

/** Of a small group of rankings, such as a visitor's, how many searches they are of; of a large one `searchesBy` takes half as long. */
export const searchesIn = (row: SQL): SQL<number> => sql<number>`count(distinct ${searchOf(row)})`;

/**
 * Whether something of a type came of a ranking that counts. @param withinMs by when it must have come in, where not all
 * that is credited to the ranking is asked for.
 */
export const cameOf = (type: EventType, row: SQL, withinMs?: number): SQL => sql`exists (
  select 1 from events e where e.rankingId = ${row}.rankingId and e.type = ${type} and e.fault = ''
    ${withinMs === undefined ? sql`` : sql`and e.receivedAt <= ${row}.at + ${withinMs}`})`;

/** The items that were clicked in a ranking that counts, each once: a JSON list. @param row has its `rankingId`. */
export const clickedIn = (row: SQL): SQL => sql`(
  select json_group_array(distinct e.itemId) from events e
  where e.rankingId = ${row}.rankingId and e.type = 'click' and e.fault = '' and e.itemId is not null)`;

/** Exposures that the account has come to. The query lists the others, which are few. */
export const classifiedExposures = sql`(
  select c.* from exposures c
  where c.rankingId not in (select rankingId from decisions where rowid > ${CLASSIFIED_TO}))`;

/** Whether an exposure is of a ranking that counts. @param row alias of a row of `classifiedExposures`. */
export const exposureCounts = (row: SQL): SQL =>
  sql`(${isInTime(row)} and ${isNoBots(row, sql`${row}.at`)})`;

/** Exposures of rankings that count. */
export const countedExposures = sql`(
  select x.* from ${classifiedExposures} x where ${exposureCounts(sql`x`)})`;

/** Outcomes with whose they are: `creditedUser`, `creditedSession`, and the item of `creditedRanking`. */
export const creditedOutcomes = sql`(select c.* from outcomes c where c.creditedSession is not null)`;

/** Version of the account by which the log is counted; null before it was counted at all. */
export const versionOfNow = sql`(select value ->> '$.version' from log_marks where name = ${sql.raw(`'${CLASSIFIED}'`)})`;

export async function readVersionOfNow(db: LibSQLDatabase): Promise<string | null> {
  const [row] = await db.all<{ version: string | null }>(sql`select ${versionOfNow} as version`);
  return row.version;
}

/** The hashes of all schemas; naming them lets the query use the index (schema, time). */
export async function schemaList(db: LibSQLDatabase): Promise<SQL> {
  const hashes = await schemasWithRankings(db);
  return sql.join(
    hashes.map((hash) => sql`${hash}`),
    sql`, `,
  );
}
