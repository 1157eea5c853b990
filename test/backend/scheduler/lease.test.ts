import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { leaseOf, whileHolding, type Lease } from '../../../backend/scheduler/lease.ts';
import { openStore, type Store } from '../../../backend/store/open.ts';
import { leases } from '../../../backend/store/tables.ts';
import { runs } from '../../shared/support/seed.ts';

const TTL_MS = 1000;
let directory: string;
/** Two processes: each has a connection of its own to one file. */
let stores: Store[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-lease-'));
  const url = `file:${join(directory, 'store.db')}`;
  stores = [await openStore({ url }), await openStore({ url })];
});
afterAll(async () => {
  for (const store of stores) await store.close();
  rmSync(directory, { recursive: true });
});

let nowMs = 0;
let [a, b]: Lease[] = [];
const lease = (holder: string, store: Store) =>
  leaseOf(store, { name: 'leader', holder, ttlMs: TTL_MS, nowMs: () => nowMs });
beforeEach(async () => {
  nowMs = 1_790_000_000_000;
  await stores[0].write([stores[0].db.delete(leases)]);
  [a, b] = [lease('a', stores[0]), lease('b', stores[1])];
});

const isUp = async (held: Lease['held']) =>
  (await stores[0].db.all<{ held: number }>(sql`select ${held} as held`))[0].held === 1;
const isFenceUp = (of: Lease) => isUp(of.held);

test('one holds it until it expires, and renewing makes it last longer', async () => {
  expect(await a.renew()).toBe(true);
  expect(await b.renew()).toBe(false);
  nowMs += TTL_MS - 1;
  expect(await b.renew()).toBe(false);
  expect(await a.renew()).toBe(true);
  nowMs += TTL_MS - 1;
  expect([a.isHeld(), await b.renew()]).toEqual([true, false]);
  nowMs += 1;
  expect([a.isHeld(), await b.renew()]).toEqual([false, true]);
});

test('who was overtaken knows at the next renewal, and its fence is down from the moment it happened', async () => {
  await a.renew();
  expect([await isFenceUp(a), await isFenceUp(b)]).toEqual([true, false]);
  nowMs += TTL_MS;
  await b.renew();
  expect([await isFenceUp(a), await isFenceUp(b)]).toEqual([false, true]);
  expect(await a.renew()).toBe(false);
});

test('what was begun under a lease that was lost is over, also once it is taken again', async () => {
  await a.renew();
  const { held } = a;
  expect([await a.extend(), await isUp(held)]).toEqual([true, true]);
  nowMs += TTL_MS;
  await b.renew();
  await b.release();
  expect([await a.extend(), a.isHeld(), await isUp(held)]).toEqual([false, false, false]);
  expect(await a.renew()).toBe(true);
  expect([await a.extend(), await isFenceUp(a), await isUp(held)]).toEqual([true, true, false]);
});

test('one that nobody took meanwhile is held without a gap, however late it is extended', async () => {
  await a.renew();
  const { held } = a;
  nowMs += 2 * TTL_MS;
  expect([await a.extend(), a.isHeld(), await isUp(held)]).toEqual([true, true, true]);
});

test('given back, it is to be had at once; what another holds cannot be given back', async () => {
  await a.renew();
  await b.release();
  expect(await b.renew()).toBe(false);
  await a.release();
  expect([a.isHeld(), await b.renew()]).toEqual([false, true]);
});

test('one that a clock far ahead took is nobody’s once the clock is right again, and its holder knows', async () => {
  nowMs += 400 * 86_400_000;
  await a.renew();
  expect(a.isHeld()).toBe(true);
  nowMs -= 400 * 86_400_000;
  expect(a.isHeld()).toBe(false);
  expect(await b.renew()).toBe(true);
  expect(await a.renew()).toBe(false);
});

test('a clock that differs by less than the time to live takes nothing from who holds it', async () => {
  nowMs += TTL_MS - 1;
  await a.renew();
  nowMs -= TTL_MS - 1;
  expect(await b.renew()).toBe(false);
});

test('a renewal that was begun long before takes nothing from who has it by then', async () => {
  const [late, other] = [lease('late', stores[0]), lease('other', stores[1])];
  const write = vi.spyOn(stores[0], 'write').mockImplementationOnce(async (statements) => {
    write.mockRestore();
    nowMs += 2 * TTL_MS + 1;
    expect(await other.renew()).toBe(true);
    return stores[0].write(statements);
  });
  expect(await late.renew()).toBe(false);
  expect([other.isHeld(), await isFenceUp(other), await isFenceUp(late)]).toEqual([
    true,
    true,
    false,
  ]);
});

test('of many that ask at the same moment one gets it', async () => {
  const many = Array.from({ length: 20 }, (_, i) => lease(`holder-${i}`, stores[i % 2]));
  const got = await Promise.all(many.map((one) => one.renew()));
  expect(got.filter(Boolean)).toHaveLength(1);
});

test('whatever they do in whatever order, never do two believe that they hold it', async () => {
  const step = fc.record({
    who: fc.constantFrom(0, 1),
    does: fc.constantFrom('renew', 'extend', 'release', 'nothing'),
    afterMs: fc.integer({ min: 0, max: 2 * TTL_MS }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const two = [lease('x', stores[0]), lease('y', stores[1])];
      /** Of what was begun under each of them, and is over where the other has had it since. */
      const begun: { readonly who: number; readonly held: Lease['held']; isOver: boolean }[] = [];
      for (const { who, does, afterMs } of steps) {
        nowMs += afterMs;
        if (does === 'renew' && (await two[who].renew())) {
          for (const one of begun) if (one.who !== who) one.isOver = true;
          begun.push({ who, held: two[who].held, isOver: false });
        }
        if (does === 'extend') await two[who].extend();
        if (does === 'release') await two[who].release();
        expect(two.filter((one) => one.isHeld()).length).toBeLessThan(2);
        for (const { held, isOver } of begun) if (isOver) expect(await isUp(held)).toBe(false);
      }
      nowMs += 2 * TTL_MS;
    }),
    { numRuns: runs(40) },
  );
});

test('jobs under one lease never run at once, and a failed one gives it back', async () => {
  let running = 0;
  const job = async () => {
    expect(++running).toBe(1);
    await stores[0].write([]);
    running--;
  };
  await Promise.all([a, b].map((one) => whileHolding(one, 5000, job)));
  await expect(whileHolding(a, 0, () => Promise.reject(new Error('fails')))).rejects.toThrow(
    'fails',
  );
  await whileHolding(b, 0, job);
});

test('who waits for longer than a crash could keep it is told to try again', async () => {
  await a.renew();
  await expect(whileHolding(b, 0, async () => {})).rejects.toThrow(
    /another backend is moving the pointer/,
  );
});
