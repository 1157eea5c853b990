import { randomUUID } from 'node:crypto';
import { textOf } from '../partitions/s3-requests.ts';
import type { Bucket } from './bucket.ts';

const PREFIX = 'log/leases/';

/**
 * An object that one process at a time holds, until it expires or is released (Gray & Cheriton, "Leases", SOSP 1989), by conditional writes alone.
 * As for leases of the database, the clocks of backends must differ by less than half the time to live, and one that would expire later
 * than twice that from now was taken by a clock that was wrong.
 */
export interface ObjectLease {
  /** Takes the lease or extends it. @returns whether this process holds it now. */
  renew(): Promise<boolean>;
  /** Whether this process holds it for at least `forMs` more, as far as it knows without asking the store. */
  isHeld(forMs?: number): boolean;
  /** Lets others take it at once. Where the store does not answer, they take it when it expires. */
  release(): Promise<void>;
}

export interface ObjectLeaseOptions {
  readonly name: string;
  /** This process. */
  readonly holder: string;
  readonly ttlMs: number;
  readonly nowMs: () => number;
}

interface Held {
  readonly holder: string;
  readonly expiresAt: number;
  /** Another one for each write, so that a writer recognises its own after an answer that was lost. */
  readonly write: string;
}

export const leaseKey = (name: string): string => `${PREFIX}${name}`;

export function objectLease(
  bucket: Bucket,
  { name, holder, ttlMs, nowMs }: ObjectLeaseOptions,
): ObjectLease {
  const key = leaseKey(name);
  let heldUntilMs = -Infinity;
  let tag: string | undefined;

  const isFree = ({ holder: other, expiresAt }: Held, now: number) =>
    other === holder || expiresAt <= now || expiresAt > now + 2 * ttlMs;

  const write = async (expiresAt: number, over: string | undefined): Promise<boolean> => {
    const held: Held = { holder, expiresAt, write: randomUUID() };
    const bytes = new TextEncoder().encode(JSON.stringify(held));
    const written = await bucket.putIf(key, bytes, over);
    if (written !== undefined) {
      tag = written;
      return true;
    }
    const now = await bucket.read(key);
    if (now === undefined || readHeld(now.bytes)?.write !== held.write) return false;
    ({ tag } = now);
    return true;
  };

  return {
    async renew() {
      const now = nowMs();
      const found = await bucket.read(key);
      const held = found && readHeld(found.bytes);
      heldUntilMs = -Infinity;
      if (held !== undefined && !isFree(held, now)) return false;
      if (await write(now + ttlMs, found?.tag)) heldUntilMs = now + ttlMs;
      return heldUntilMs === now + ttlMs;
    },
    isHeld(forMs = 0) {
      const leftMs = heldUntilMs - nowMs();
      // More than it was taken for: the clock was put back since.
      return leftMs > forMs && leftMs <= ttlMs;
    },
    async release() {
      if (heldUntilMs === -Infinity) return;
      heldUntilMs = -Infinity;
      await write(0, tag);
    },
  };
}

/** @returns undefined where it is none: whoever comes first takes it. */
function readHeld(bytes: Uint8Array): Held | undefined {
  try {
    const held = JSON.parse(textOf(bytes)) as Partial<Held> | null;
    return typeof held?.holder === 'string' && typeof held.expiresAt === 'number'
      ? { holder: held.holder, expiresAt: held.expiresAt, write: String(held.write) }
      : undefined;
  } catch {
    return undefined;
  }
}
