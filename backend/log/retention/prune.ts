import { sql } from 'drizzle-orm';
import { floorToDay } from '../../../shared/domain/utc-day.ts';
import type { Store } from '../../store/open.ts';
import { logStart, schemasWithRankings } from '../account/log-mark.ts';
import { keepMarks, statement } from '../account/mark.ts';
import { recordPruned } from '../account/pruned-before.ts';

export interface PrunedRows {
  readonly decisions: number;
  readonly events: number;
  readonly outcomes: number;
  readonly batches: number;
}

/** Small transactions: ingest waits for none of them long. */
const ROWS = 500;

/**
 * Deletes what was logged before a moment: decisions with their exposures and feedback, then feedback without a decision,
 * outcomes, and the records of batches that were committed.
 * @param before epoch ms; the start of a UTC day, so that partitions and log agree. @param outcomesBefore of
 * outcomes: not later.
 */
export async function pruneLog(
  store: Store,
  before: number,
  outcomesBefore: number,
): Promise<PrunedRows> {
  const pruned = { decisions: 0, events: 0, outcomes: 0, batches: 0 };
  // Noted first: after a crash in the midst of it a part of the log is gone.
  if (((await logStart(store.db)) ?? before) < before)
    await store.write([recordPruned(store.db, before)]);
  for (const hash of await schemasWithRankings(store.db)) {
    const old = sql`select rankingId from decisions where schemaHash = ${hash} and at < ${before}
      order by at, rankingId limit ${ROWS}`;
    await whileFull(async () => {
      const [events, , decisions] = await store.write([
        statement(store.db, sql`delete from events where rankingId in (${old})`),
        statement(store.db, sql`delete from exposures where rankingId in (${old})`),
        statement(store.db, sql`delete from decisions where rankingId in (${old})`),
        ...keepMarks(store.db),
      ]);
      pruned.events += events;
      pruned.decisions += decisions;
      return decisions;
    });
  }
  const table = async (
    name: 'events' | 'outcomes' | 'batches',
    key: string,
    at: string,
    end = before,
  ) =>
    whileFull(async () => {
      const [deleted] = await store.write([
        statement(
          store.db,
          sql`delete from ${sql.identifier(name)} where ${sql.identifier(key)} in (
            select ${sql.identifier(key)} from ${sql.identifier(name)}
            where ${sql.identifier(at)} < ${end} limit ${ROWS})`,
        ),
        ...keepMarks(store.db),
      ]);
      pruned[name] += deleted;
      return deleted;
    });
  await table('events', 'rowid', 'receivedAt');
  await table('outcomes', 'outcomeId', 'at', outcomesBefore);
  await table('batches', 'batchId', 'committedAt');
  await pruneOrders(store, before);
  await pruneDeltas(store, before);
  await pruneAccount(store, before, outcomesBefore);
  return pruned;
}

async function whileFull(deleteSome: () => Promise<number>): Promise<void> {
  while ((await deleteSome()) === ROWS);
}

/** What was said of orders that long ago, and orders of which nothing is left. Their events go with their rankings. */
async function pruneOrders(store: Store, before: number): Promise<void> {
  for (const old of [
    sql`delete from order_lines where rowid in (
      select rowid from order_lines where receivedAt < ${before} and at < ${before} limit ${ROWS})`,
    sql`delete from orders where rowid in (
      select o.rowid from orders o
      where not exists (select 1 from order_lines l where l.orderId = o.orderId) limit ${ROWS})`,
  ])
    await whileFull(async () => (await store.write([statement(store.db, old)]))[0]);
}

/** Deltas that no ranking that is left was drawn with: others followed them before. */
async function pruneDeltas(store: Store, before: number): Promise<void> {
  const old = sql`delete from online_deltas where rowid in (
    select d.rowid from online_deltas d where exists (
      select 1 from online_deltas n where n.arm = d.arm and n.version = d.version
        and n.number = d.number + 1 and n.at < ${before}) limit ${ROWS})`;
  await whileFull(async () => (await store.write([statement(store.db, old)]))[0]);
}

/** Sessions are known for as long as outcomes may be credited to them, or units are stored of them. */
async function pruneAccount(store: Store, before: number, outcomesBefore: number): Promise<void> {
  const { db } = store;
  const end = floorToDay(outcomesBefore);
  const isStored = (kind: 'session' | 'user', id: string) => sql`exists (
    select 1 from metric_units where kind = ${kind} and unit = ${sql.identifier(id)})`;
  for (const old of [
    sql`delete from late_rankings where rowid in (
      select rowid from late_rankings where at < ${before} limit ${ROWS})`,
    sql`delete from session_days where rowid in (
      select rowid from session_days where day < ${end} and not ${isStored('session', 'sessionId')}
      limit ${ROWS})`,
    sql`delete from user_days where rowid in (
      select rowid from user_days where day < ${end} and not ${isStored('session', 'sessionId')}
        and not ${isStored('user', 'userId')} limit ${ROWS})`,
  ])
    await whileFull(async () => (await store.write([statement(db, old)]))[0]);
}
