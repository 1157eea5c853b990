import { and, inArray, not, sql } from 'drizzle-orm';
import { isHeldAt, LEASE_MS, presenceOf } from '../../scheduler/lease.ts';
import type { Store } from '../../store/open.ts';
import { leases, runs } from '../../store/tables.ts';

/**
 * Marks the runs of backends that have ended as failed, because they can never finish. Its own are under way however late a busy
 * machine lets it renew its presence. @param backend this process.
 */
export async function closeInterrupted(
  store: Store,
  backend: string,
  nowMs: number,
): Promise<void> {
  const error = 'the backend ended while this run was under way: train again';
  const isAlive = sql`exists (select 1 from ${leases} where ${isHeldAt(nowMs, LEASE_MS)}
    and ${leases.name} = ${presenceOf('')} || json_extract(${runs.params}, '$.backend'))`;
  const isElsewhere = sql`json_extract(${runs.params}, '$.backend') is not ${backend}`;
  await store.write([
    store.db
      .update(runs)
      .set({ status: 'failed', error, finishedAt: nowMs })
      .where(and(inArray(runs.status, ['queued', 'running']), not(isAlive), isElsewhere)),
  ]);
}
