import { randomUUID } from 'node:crypto';
import { heldFor, isHeldUntil, type Lease, type LeaseOptions } from '../../scheduler/lease.ts';
import { textOf } from '../partitions/s3-requests.ts';
import type { Bucket } from './bucket.ts';

const PREFIX = 'log/leases/';

/**
 * As a lease of the database, but an object, which is changed by conditional writes alone: no transaction of the database can ask for it.
 * The clocks of backends must differ by less than half the time to live: who takes batches renews one that holds for less.
 */
export type ObjectLease = Omit<Lease, 'held' | 'extend'>;

interface Held {
  readonly holder: string;
  readonly expiresAt: number;
  /** Another one for each write, so that a writer recognises its own after an answer that was lost. */
  readonly write: string;
}

export const leaseKey = (name: string): string => `${PREFIX}${name}`;

export function objectLease(
  bucket: Bucket,
  { name, holder, ttlMs, nowMs }: LeaseOptions,
): ObjectLease {
  const key = leaseKey(name);
  let heldUntilMs = -Infinity;
  let tag: string | undefined;

  const isFree = ({ holder: other, expiresAt }: Held, now: number) =>
    other === holder || !isHeldUntil(expiresAt, now, ttlMs);

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
      const found = await bucket.read(key);
      const now = nowMs();
      const held = found && readHeld(found.bytes);
      heldUntilMs = -Infinity;
      if (held !== undefined && !isFree(held, now)) return false;
      if (await write(now + ttlMs, found?.tag)) heldUntilMs = now + ttlMs;
      return heldUntilMs === now + ttlMs;
    },
    isHeld: (forMs = 0) => heldFor(heldUntilMs - nowMs(), forMs, ttlMs),
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
