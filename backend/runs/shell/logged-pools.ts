import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import type { Scorer } from '../../../shared/score/scorer.ts';
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
    return slates.map((slate) => {
      const request = requests.get(slate.rankingId);
      const pool = request && knownPool(slate, request, table, champion, challenger);
      return pool === undefined ? slate : { ...slate, pool };
    });
  } finally {
    client.close();
  }
}
