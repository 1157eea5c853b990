import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventLogObject } from '../../../edge/platform/durable-objects.ts';
import { commits, fakeBackend, shard } from '../support/backend.ts';

const log = () => shard(0);
const event = (id: string, text = '') => ({
  key: `r ${id}`,
  json: JSON.stringify({ eventId: id, properties: { text } }),
});
const append = (...ids: string[]) => log().appendEvents(ids.map((id) => event(id)));
const ring = () => runDurableObjectAlarm(log());
const inside = <R>(look: (log: EventLogObject, state: DurableObjectState) => R | Promise<R>) =>
  runInDurableObject(log(), look);
const idsOf = (batch: { readonly events: readonly { readonly eventId: string }[] }) =>
  batch.events.map(({ eventId }) => eventId);
const alarmInMs = () =>
  inside(async (_, { storage }) => {
    const at = await storage.getAlarm();
    return at === null ? null : at - Date.now();
  });
/** As if the wait between two attempts were over. */
const skipWait = () =>
  inside((_, { storage }) => void storage.sql.exec(`UPDATE sealed SET notBefore = 0`));

beforeEach(() => reset());
afterEach(() => {
  vi.restoreAllMocks();
});

describe('shipping the log', () => {
  it('sends what was appended, in order, once', async () => {
    const backend = fakeBackend();
    await append('a', 'b');
    await append('c');
    expect(await ring()).toBe(true);
    expect(backend.sent.map(idsOf)).toEqual([['a', 'b', 'c']]);
    await ring();
    expect(backend.sent).toHaveLength(1);
  });

  it('deletes entries only when the backend says that it has committed this batch', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend(() => Response.json({ batchId: 'some other' }));
    await append('a');
    await ring();
    expect(await countEntries()).toBe(1);
    backend.reply = commits;
    await skipWait();
    await ring();
    expect(await countEntries()).toBe(0);
  });

  it.each([
    { what: 'answers 500', reply: () => new Response('oops', { status: 500 }) },
    { what: 'answers 401', reply: () => new Response('who?', { status: 401 }) },
    { what: 'answers 200 with a page', reply: () => new Response('<html>Welcome') },
    { what: 'cannot be reached', reply: () => Promise.reject(new Error('refused')) },
  ])('sends the same bytes again when the backend $what', async ({ reply }) => {
    const errors = vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend(reply);
    await append('a');
    await ring();
    await append('b');
    await skipWait();
    backend.reply = commits;
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['a'], ['a'], ['b']]);
    expect(backend.sentBytes[1]).toEqual(backend.sentBytes[0]);
    expect(errors).toHaveBeenCalledWith(expect.stringMatching(/^batch \S+-1-1 /));
  });

  it('waits longer after each failure, up to a minute, and holds later entries meanwhile', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend(() => new Response('', { status: 503 }));
    const waits: number[] = [];
    await append('a');
    for (let attempt = 0; attempt < 8; attempt++) {
      await ring();
      await append(`later-${attempt}`);
      waits.push((await alarmInMs()) ?? 0);
      await skipWait();
    }
    waits.forEach((wait, attempt) => {
      const longest = Math.min(60_000, 1000 * 2 ** attempt);
      expect(wait).toBeLessThanOrEqual(longest);
      expect(wait).toBeGreaterThan(longest / 2 - 900);
    });
    expect(backend.sent.every((batch) => idsOf(batch).join() === 'a')).toBe(true);
  });

  it('does not wait for as long as a clock far ahead made it', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend(() => new Response('', { status: 503 }));
    await append('a');
    await ring();
    const future = Date.now() + 400 * 86_400_000;
    await inside(async (_, { storage }) => {
      storage.sql.exec(`UPDATE sealed SET notBefore = ?`, future);
      await storage.setAlarm(future);
    });
    await evictDurableObject(log());
    await append('b');
    expect(await alarmInMs()).toBeLessThan(3_700_000);
    backend.reply = commits;
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['a'], ['a'], ['b']]);
  });

  it('does not let one batch that the backend refuses hold up the others', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend(() => new Response('unreadable', { status: 400 }));
    await append('bad');
    await ring();
    backend.reply = commits;
    await append('good');
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['bad'], ['good']]);
    expect(await countEntries()).toBe(1);
  });

  it('keeps what is stored, sealed and seen when the object is evicted between attempts', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend(() => new Response('', { status: 503 }));
    await append('a');
    await ring();
    await evictDurableObject(log());
    expect(await append('a', 'b')).toBe(1);
    await evictDurableObject(log());
    backend.reply = commits;
    await skipWait();
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['a'], ['a'], ['b']]);
    expect(backend.sent[1].batchId).toBe(backend.sent[0].batchId);
  });

  it('tries again in a minute after a failure of its own', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    fakeBackend();
    await append('a');
    await inside((instance) => Object.assign(instance, { env: {} }));
    await ring();
    expect(await alarmInMs()).toBeGreaterThan(50_000);
    expect(await countEntries()).toBe(1);
  });

  it('cuts batches by their bytes, so that each fits one request', async () => {
    const backend = fakeBackend();
    for (const id of ['a', 'b', 'c']) await log().appendEvents([event(id, '界'.repeat(200_000))]);
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['a', 'b'], ['c']]);
    expect(Math.max(...backend.sentBytes.map(({ length }) => length))).toBeLessThan(1_600_000);
    expect(backend.sent[1].batchId).not.toBe(backend.sent[0].batchId);
  });

  it('never uses a batch id again after its storage was lost', async () => {
    const backend = fakeBackend();
    await append('a');
    await ring();
    await reset();
    await append('b');
    await ring();
    expect(backend.sent[1].batchId).not.toBe(backend.sent[0].batchId);
  });

  it('sets an alarm with the first entry, and leaves it be with the next ones', async () => {
    expect(await alarmInMs()).toBeNull();
    await append('a');
    const first = await inside((_, { storage }) => storage.getAlarm());
    await append('b');
    expect(await inside((_, { storage }) => storage.getAlarm())).toBe(first);
  });
});

describe('remembering events', () => {
  it('forgets them after two days, by an alarm of its own', async () => {
    const backend = fakeBackend();
    await append('old');
    await ring();
    expect(await append('old')).toBe(0);
    expect(await alarmInMs()).toBeGreaterThan(47 * 3_600_000);
    await inside(
      (_, { storage }) => void storage.sql.exec(`UPDATE seen SET at = at - ?`, 49 * 3_600_000),
    );
    await ring();
    expect(await alarmInMs()).toBeNull();
    expect(await append('old')).toBe(1);
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['old'], ['old']]);
  });
});

const countEntries = () =>
  inside(
    (_, { storage }) =>
      storage.sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM entries`).one().n,
  );
