import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, sql, type SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Store } from '../store/open.ts';
import { leases } from '../store/tables.ts';

/**
 * One row that one process holds at a time, until it expires or is given back (Gray & Cheriton, "Leases", SOSP 1989).
 * Backends' clocks may differ by less than the time to live.
 */
export interface Lease {
  /** Takes the lease, or makes it last longer, in one atomic write. @returns whether it is held now. */
  renew(): Promise<boolean>;
  /** As far as this process knows, without asking: now, and for so long from now on. */
  isHeld(forMs?: number): boolean;
  /** True inside of a transaction while no other process took the lease: a leader that lost it writes nothing. */
  readonly held: SQL<number>;
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly name: string;
  /** This process. */
  readonly holder: string;
  readonly ttlMs: number;
  readonly nowMs: () => number;
}

export function leaseOf(store: Store, { name, holder, ttlMs, nowMs }: LeaseOptions): Lease {
  let heldUntilMs = -Infinity;
  return {
    async renew() {
      const now = nowMs();
      const row = { name, holder, expiresAt: now + ttlMs };
      const [taken] = await store.write([
        store.db
          .insert(leases)
          .values(row)
          .onConflictDoUpdate({
            target: leases.name,
            set: row,
            setWhere: sql`${leases.holder} = ${holder} or ${leases.expiresAt} <= ${now}`,
          }),
      ]);
      heldUntilMs = taken === 0 ? -Infinity : row.expiresAt;
      return taken > 0;
    },
    isHeld: (forMs = 0) => nowMs() + forMs < heldUntilMs,
    held: sql`exists (select 1 from ${leases} where ${leases.name} = ${name} and ${leases.holder} = ${holder})`,
    async release() {
      heldUntilMs = -Infinity;
      await store.write([
        store.db.delete(leases).where(and(eq(leases.name, name), eq(leases.holder, holder))),
      ]);
    },
  };
}

/** The lease by which a backend says that it lives. */
export const presenceOf = (backend: string): string => `backend ${backend}`;

const RETRY_MS = 50;

/**
 * Runs a job while no other process runs one under the same lease.
 * @throws ApiError 503 when others keep it for longer than a crash could.
 */
export async function whileHolding<T>(
  lease: Lease,
  patienceMs: number,
  job: () => Promise<T>,
): Promise<T> {
  for (let waitedMs = 0; !(await lease.renew()); waitedMs += RETRY_MS) {
    if (waitedMs > patienceMs)
      throw new ApiError(503, 'busy', 'another backend keeps the pointer: try again');
    await sleep(RETRY_MS);
  }
  try {
    return await job();
  } finally {
    await lease.release();
  }
}
