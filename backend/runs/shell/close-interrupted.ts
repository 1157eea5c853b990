import { and, inArray, not, sql } from 'drizzle-orm';
import { presenceOf } from '../../scheduler/lease.ts';
import type { Store } from '../../store/open.ts';
import { leases, runs } from '../../store/tables.ts';

/** Runs of backends that are gone can never end: their rows say so from now on. */
export async function closeInterrupted(store: Store, nowMs: number): Promise<void> {
  const error = 'the backend ended while this run was under way: train again';
  const isAlive = sql`exists (select 1 from ${leases} where ${leases.expiresAt} > ${nowMs}
    and ${leases.name} = ${presenceOf('')} || json_extract(${runs.params}, '$.backend'))`;
  await store.write([
    store.db
      .update(runs)
      .set({ status: 'failed', error, finishedAt: nowMs })
      .where(and(inArray(runs.status, ['queued', 'running']), not(isAlive))),
  ]);
}
