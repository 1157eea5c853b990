import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, lte, sql, type SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Store } from '../store/open.ts';
import { leases } from '../store/tables.ts';

/**
 * A row that one process at a time holds, until it expires or is released (Gray & Cheriton, "Leases", SOSP 1989).
 * The clocks of backends must differ by less than the time to live. So nobody holds a lease for longer than twice that:
 * one that would expire later was taken by a clock that was wrong, and is as good as expired.
 */
export interface Lease {
  /** Takes the lease or extends it, in one transaction. @returns whether this process holds it now. */
  renew(): Promise<boolean>;
  /**
   * Makes it last longer, and takes it from nobody: for a job that was begun under it, which must not go on where it was lost meanwhile,
   * even if it is free again. @returns whether it has been held since it was taken.
   */
  extend(): Promise<boolean>;
  /** Whether this process holds the lease for at least `forMs` more, as far as it knows without reading the store. */
  isHeld(forMs?: number): boolean;
  /**
   * A condition for a transaction: true while the lease has been held without a gap since this was read. So a former leader writes nothing,
   * and neither does what it had begun once it leads again.
   */
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
  /** How often this process has taken it: what was begun under an earlier taking is told apart by that. */
  let taking = 0;
  const isOwn = () =>
    and(eq(leases.name, name), eq(leases.holder, holder), eq(leases.taking, taking));
  const extension = (expiresAt: number) =>
    store.db.update(leases).set({ expiresAt }).where(isOwn());
  /** @param mayTake of a row of `leases` that another holder has. */
  const take = async (now: number, mayTake: SQL | undefined) => {
    const row = { name, holder, expiresAt: now + ttlMs, taking: taking + 1 };
    const [extended, taken] = await store.write([
      extension(row.expiresAt),
      store.db
        .insert(leases)
        .values(row)
        .onConflictDoUpdate({
          target: leases.name,
          set: row,
          // This process may have it and not know: where the answer that said so was lost.
          setWhere: sql`case ${leases.holder} when ${holder} then ${leases.taking} <> ${taking} else ${mayTake} end`,
        }),
    ]);
    if (taken > 0) taking = row.taking;
    const isOurs = extended > 0 || taken > 0;
    heldUntilMs = isOurs ? row.expiresAt : -Infinity;
    return isOurs;
  };
  return {
    async renew() {
      const now = nowMs();
      if (await take(now, lte(leases.expiresAt, now))) return true;
      const [other] = await store.db.select().from(leases).where(eq(leases.name, name));
      const later = nowMs();
      if (other === undefined || isHeldUntil(other.expiresAt, later, ttlMs)) return false;
      // Unless it was renewed since it was read.
      const { expiresAt } = other;
      return take(later, and(eq(leases.holder, other.holder), eq(leases.expiresAt, expiresAt)));
    },
    async extend() {
      const expiresAt = nowMs() + ttlMs;
      const [extended] = await store.write([extension(expiresAt)]);
      heldUntilMs = extended > 0 ? expiresAt : -Infinity;
      return extended > 0;
    },
    isHeld: (forMs = 0) => heldFor(heldUntilMs - nowMs(), forMs, ttlMs),
    get held() {
      return sql<number>`exists (select 1 from ${leases} where ${isOwn()})`;
    },
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

/**
 * Whether somebody holds a lease that expires then.
 * @param nowMs was read after the lease was: by an earlier time one that was taken since looks like one of a clock that is ahead, which nobody holds.
 */
export const isHeldUntil = (expiresAt: number, nowMs: number, ttlMs: number): boolean =>
  expiresAt > nowMs && expiresAt <= nowMs + 2 * ttlMs;

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
