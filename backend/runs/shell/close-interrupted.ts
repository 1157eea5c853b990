import { and, inArray, not, sql } from 'drizzle-orm';
import { presenceOf } from '../../scheduler/lease.ts';
import { readPresences } from '../../scheduler/live-backends.ts';
import type { Store } from '../../store/open.ts';
import { leases, runs } from '../../store/tables.ts';

/**
 * Marks the runs of backends that have ended as failed, because they can never finish. Its own are under way however late a busy
 * machine lets it renew its presence. @param backend this process.
 */
export async function closeInterrupted(
  store: Store,
  backend: string,
  nowMs: () => number,
): Promise<void> {
  const error = 'the backend ended while this run was under way: train again';
  const { ended } = await readPresences(store.db, nowMs);
  const known = JSON.stringify(ended.map(({ name, expiresAt }) => [name, expiresAt]));
  // One that was renewed since it was read is of a backend that is alive.
  const isAlive = sql`exists (select 1 from ${leases}
    where ${leases.name} = ${presenceOf('')} || json_extract(${runs.params}, '$.backend')
    and not exists (select 1 from json_each(${known}) e
      where e.value ->> 0 = ${leases.name} and e.value ->> 1 = ${leases.expiresAt}))`;
  const isElsewhere = sql`json_extract(${runs.params}, '$.backend') is not ${backend}`;
  await store.write([
    store.db
      .update(runs)
      .set({ status: 'failed', error, finishedAt: nowMs() })
      .where(and(inArray(runs.status, ['queued', 'running']), not(isAlive), isElsewhere)),
  ]);
}
