import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';

/** How many rows are stored, whether they count or not. */
export async function logRowCounts({ db }: Pick<Store, 'db'>) {
  const [row] = await db.all<Record<'decisions' | 'events' | 'outcomes', number>>(sql`
    select (select count(*) from decisions) as decisions, (select count(*) from events) as events,
      (select count(*) from outcomes) as outcomes`);
  return row;
}

/** When feedback last came in, epoch ms: one look at an index. */
export async function lastEventAt({ db }: Pick<Store, 'db'>): Promise<number | null> {
  const [row] = await db.all<{ at: number | null }>(sql`select max(receivedAt) as at from events`);
  return row.at;
}
