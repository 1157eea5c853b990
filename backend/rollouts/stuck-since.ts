import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { rolloutDecisions } from '../store/tables.ts';
import type { RolloutRow } from './rollout-rows.ts';

/** When the decisions began to say that somebody must decide, of which none says otherwise since, epoch ms. */
export async function readStuckSince(
  store: Store,
  { id }: Pick<RolloutRow, 'id'>,
): Promise<number | null> {
  const own = sql`${rolloutDecisions.rollout} = ${id}`;
  const stuck = sql`json_extract(${rolloutDecisions.decision}, '$.stuck')`;
  const [{ at }] = await store.db.all<{ at: number | null }>(sql`
    select min(${rolloutDecisions.at}) as at from ${rolloutDecisions}
    where ${own} and ${rolloutDecisions.id} >
      coalesce((select max(${rolloutDecisions.id}) from ${rolloutDecisions} where ${own} and ${stuck} is null), 0)`);
  return at;
}
