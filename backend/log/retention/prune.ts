import { sql } from 'drizzle-orm';
import type { Statement, Store } from '../../store/open.ts';
import { schemasWithRankings } from '../account/log-mark.ts';

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
  for (const hash of await schemasWithRankings(store.db)) {
    const old = sql`select rankingId from decisions where schemaHash = ${hash} and at < ${before}
      order by at, rankingId limit ${ROWS}`;
    await whileFull(async () => {
      const [events, , decisions] = await store.write([
        statement(store, sql`delete from events where rankingId in (${old})`),
        statement(store, sql`delete from exposures where rankingId in (${old})`),
        statement(store, sql`delete from decisions where rankingId in (${old})`),
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
          store,
          sql`delete from ${sql.identifier(name)} where ${sql.identifier(key)} in (
            select ${sql.identifier(key)} from ${sql.identifier(name)}
            where ${sql.identifier(at)} < ${end} limit ${ROWS})`,
        ),
      ]);
      pruned[name] += deleted;
      return deleted;
    });
  await table('events', 'eventId', 'receivedAt');
  await table('outcomes', 'outcomeId', 'at', outcomesBefore);
  await table('batches', 'batchId', 'committedAt');
  return pruned;
}

async function whileFull(deleteSome: () => Promise<number>): Promise<void> {
  while ((await deleteSome()) === ROWS);
}

const statement = (store: Store, query: ReturnType<typeof sql>): Statement => ({
  toSQL: () => store.db.run(query).getQuery(),
});
