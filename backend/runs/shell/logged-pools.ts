import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import {
  learnedPart,
  type LearnedColumns,
} from '../../../shared/features/columns/learned-columns.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { learnedKeys, withLearned } from '../../../shared/score/learned-table.ts';
import type { RankableTable } from '../../../shared/score/rankable.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { readLearned } from '../../catalogue/learned-parts.ts';
import { readRequestsOf } from '../../log/logged-requests.ts';
import { knownPool } from '../../science/evaluation/off-policy/known-pool.ts';
import type { LoggedSlate } from '../../science/learn/logged-slate.ts';
import { connect, type Database } from '../../store/connect.ts';
import type { PackedCatalogue } from './packed-catalogue.ts';

/** Each is ranked twice again, which takes two or three seconds for 5,000 of 10,000 items. */
const MOST = 5000;
const MOST_SCORED = 5000 * 10_000;

/**
 * In a worker: the latest slates of one item with all that competed for their only slot, where that is known (`knownPool`).
 * Other slates are returned as they are.
 * @param slates served by the champion, in order of time.
 */
export async function withPools(
  database: Database,
  catalogue: PackedCatalogue,
  slates: readonly LoggedSlate[],
  champion: Scorer,
  challenger: Scorer,
): Promise<readonly LoggedSlate[]> {
  if (slates.every(({ itemIds }) => itemIds.length !== 1)) return slates;
  const table = await catalogue();
  const client = connect(database);
  try {
    const most = Math.min(MOST, Math.ceil(MOST_SCORED / Math.max(table.rows.size, 1)));
    const ones = slates.filter(({ itemIds }) => itemIds.length === 1).slice(-most);
    const requests = await readRequestsOf(
      drizzle(client),
      ones.map(({ rankingId }) => rankingId),
    );
    const tables = new Map<string | null, RankableTable | undefined>();
    for (const { learned } of requests.values())
      if (!tables.has(learned))
        tables.set(learned, await tableWith(drizzle(client), table, champion.schema, learned));
    return slates.map((slate) => {
      const asked = requests.get(slate.rankingId);
      const items = asked && tables.get(asked.learned);
      const pool = items && knownPool(slate, asked, items, champion, challenger);
      return pool === undefined ? slate : { ...slate, pool };
    });
  } finally {
    client.close();
  }
}

/** The catalogue with the learned columns of a hash, or with none of any item; undefined where they are not kept any more. */
async function tableWith(
  db: LibSQLDatabase,
  table: RankableTable,
  schema: Schema,
  hash: string | null,
): Promise<RankableTable | undefined> {
  if (learnedKeys(schema).length === 0) return table;
  const columns = hash === null ? NOTHING_LEARNED : (await readLearned({ db }, hash))?.columns;
  return columns && withLearned(table, schema, learnedPart(columns, hash ?? ''));
}

const NOTHING_LEARNED: LearnedColumns = { ids: [], columns: [] };
