import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, sql, type SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Store } from '../store/open.ts';
import { leases } from '../store/tables.ts';

/**
 * A row that one process at a time holds, until it expires or is released (Gray & Cheriton, "Leases", SOSP 1989).
 * The clocks of backends must differ by less than the time to live. So nobody holds a lease for longer than twice that:
 * one that would expire later was taken by a clock that was wrong, and is as good as expired.
 */
export interface Lease {
  /** Takes the lease or extends it, in one atomic write. @returns whether this process holds it now. */
  renew(): Promise<boolean>;
  /** Whether this process holds the lease for at least `forMs` more, as far as it knows without reading the store. */
  isHeld(forMs?: number): boolean;
  /** A condition for a transaction: true while no other process has taken the lease, so that a former leader writes nothing. */
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
            setWhere: sql`${leases.holder} = ${holder} or not ${isHeldAt(now, ttlMs)}`,
          }),
      ]);
      heldUntilMs = taken === 0 ? -Infinity : row.expiresAt;
      return taken > 0;
    },
    isHeld: (forMs = 0) => heldFor(heldUntilMs - nowMs(), forMs, ttlMs),
    held: sql`exists (select 1 from ${leases} where ${leases.name} = ${name} and ${leases.holder} = ${holder})`,
    async release() {
      heldUntilMs = -Infinity;
      await store.write([
        store.db.delete(leases).where(and(eq(leases.name, name), eq(leases.holder, holder))),
      ]);
    },
  };
}

/** Whether what is left of a lease is enough. More than it was taken for: the clock was put back since. */
export const heldFor = (leftMs: number, forMs: number, ttlMs: number): boolean =>
  leftMs > forMs && leftMs <= ttlMs;

/** The name of the lease by which a backend shows that it is alive. */
export const presenceOf = (backend: string): string => `backend ${backend}`;

/** How long a backend is taken to be alive, and leads, after it last said so. */
export const LEASE_MS = 30_000;

/** Of a row of `leases`: whether somebody holds it. */
export const isHeldAt = (nowMs: number, ttlMs: number): SQL =>
  sql`(${leases.expiresAt} > ${nowMs} and ${leases.expiresAt} <= ${nowMs + 2 * ttlMs})`;

const RETRY_MS = 50;

export const movedByAnother = () =>
  new ApiError(503, 'busy', 'another backend is moving the pointer: try again');

/**
 * Runs a job while no other process runs one under the same lease.
 * @param isOver whether all that the job has begun is over by its end: where it is not, the lease is left to expire.
 * @throws ApiError 503 when others hold it for longer than a crash could have left it held.
 */
export async function whileHolding<T>(
  lease: Lease,
  patienceMs: number,
  job: () => Promise<T>,
  isOver: () => boolean = () => true,
): Promise<T> {
  for (let waitedMs = 0; !(await lease.renew()); waitedMs += RETRY_MS) {
    if (waitedMs > patienceMs) throw movedByAnother();
    await sleep(RETRY_MS);
  }
  try {
    return await job();
  } finally {
    if (isOver()) await lease.release();
  }
}
