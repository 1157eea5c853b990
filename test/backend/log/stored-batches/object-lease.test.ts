import { expect, test } from 'vitest';
import type { Bucket } from '../../../../backend/log/stored-batches/bucket.ts';
import { objectLease } from '../../../../backend/log/stored-batches/object-lease.ts';

const TTL_MS = 1000;

/** A bucket of conditional writes, in memory. */
function memoryBucket(): Pick<Bucket, 'read' | 'putIf'> {
  const objects = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; tag: string }>();
  let writes = 0;
  return {
    read: (key) => Promise.resolve(objects.get(key)),
    putIf: (key, bytes, tag) => {
      if (objects.get(key)?.tag !== tag) return Promise.resolve(undefined);
      const written = { bytes: new Uint8Array(bytes), tag: `"${++writes}"` };
      objects.set(key, written);
      return Promise.resolve(written.tag);
    },
  };
}

function leases() {
  const clock = { nowMs: 1_790_000_000_000 };
  const bucket = memoryBucket();
  const lease = (holder: string, over: Pick<Bucket, 'read' | 'putIf'> = bucket) =>
    objectLease(over as Bucket, { name: 'task', holder, ttlMs: TTL_MS, nowMs: () => clock.nowMs });
  return { clock, bucket, lease };
}

test('one holds it until it expires', async () => {
  const { clock, lease } = leases();
  const [a, b] = [lease('a'), lease('b')];
  expect([await a.renew(), await b.renew()]).toEqual([true, false]);
  clock.nowMs += TTL_MS;
  expect([a.isHeld(), await b.renew(), await a.renew()]).toEqual([false, true, false]);
});

test('one that a clock far ahead took is nobody’s', async () => {
  const { clock, lease } = leases();
  clock.nowMs += 100 * TTL_MS;
  await lease('ahead').renew();
  clock.nowMs -= 100 * TTL_MS;
  expect(await lease('b').renew()).toBe(true);
});

test('a renewal whose reading took long takes nothing from who has it by then', async () => {
  const { clock, bucket, lease } = leases();
  const other = lease('other');
  const late = lease('late', {
    ...bucket,
    read: async (key) => {
      clock.nowMs += 2 * TTL_MS + 1;
      await other.renew();
      return bucket.read(key);
    },
  });
  expect([await late.renew(), late.isHeld(), other.isHeld()]).toEqual([false, false, true]);
});
