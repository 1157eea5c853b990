import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RankingId } from '../../../shared/domain/ids.ts';
import type { Env } from '../../../edge/platform/env.ts';
import { LogStore } from '../../../edge/collect/log-store.ts';
import { settingsOf } from '../../../edge/platform/settings.ts';
import { decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import type { EventLogObject } from '../../../edge/platform/durable-objects.ts';
import { commits, fakeBackend, shard } from '../support/backend.ts';
import { PATHS, shipBy } from '../support/receivers.ts';

const log = () => shard(0);
const event = (id: string, text = '') => ({
  key: `r ${id}`,
  rankingId: 'r' as RankingId,
  kind: 'click a',
  json: JSON.stringify({ eventId: id, properties: { text } }),
});
const append = (...ids: string[]) => log().storeEvents(ids.map((id) => event(id)));
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
  inside(
    (_, { storage }) =>
      void storage.sql.exec(
        `UPDATE sealed SET notBefore = 0 WHERE notBefore < ${Number.MAX_SAFE_INTEGER}`,
      ),
  );

beforeEach(() => reset());
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a shard that holds as much as it may', () => {
  /** Of the object's own environment: settings are read once. */
  const limitTo = (maxShardBytes: number) =>
    inside((object) => {
      const settings = settingsOf((object as unknown as { readonly env: Env }).env);
      const before = settings.maxShardBytes;
      Object.assign(settings, { maxShardBytes });
      return before;
    });
  let before: number;
  beforeEach(async () => {
    before = await limitTo(1_000_000);
  });
  afterEach(() => limitTo(before));

  it('takes no feedback until it has shipped, but goes on taking decisions and erasures', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend(() => new Response('', { status: 503 }));
    const full = { duplicates: [], tooMany: [], isFull: true };
    const feedback = (id: string) => log().storeEvents([event(id, 'x'.repeat(300_000))], true);
    const taken: string[] = [];
    for (let n = 0; n < 20; n++) {
      const stored = await feedback(`fill-${n}`);
      if (stored.isFull) {
        expect(stored).toEqual(full);
        break;
      }
      taken.push(`fill-${n}`);
    }
    expect(taken.length).toBeGreaterThan(1);
    expect(taken.length).toBeLessThan(10);
    await ring();
    expect(await feedback('again')).toEqual(full);
    // Neither of these may be refused: a decision was answered, and an erasure was asked for.
    expect(await log().storeEvents([event('erasure')])).toEqual({ duplicates: [], tooMany: [] });
    await log().appendDecisions(decisionsToBytes([]));
    backend.reply = commits;
    for (let n = 0; n < 3; n++) {
      await skipWait();
      await ring();
    }
    expect(await feedback('again')).toEqual({ duplicates: [], tooMany: [] });
    await ring();
    const stored = new Set(backend.sent.flatMap(idsOf));
    for (const id of [...taken, 'erasure', 'again']) expect(stored).toContain(id);
  });
});

describe.each(PATHS)('shipping the log to $name', (path) => {
  beforeEach(() => shipBy(path));
  afterAll(() => shipBy(PATHS[0]));

  it('sends what was appended, in order, once', async () => {
    const backend = path.receiver();
    await append('a', 'b');
    await append('c');
    expect(await ring()).toBe(true);
    expect(backend.sent.map(idsOf)).toEqual([['a', 'b', 'c']]);
    await ring();
    expect(backend.sent).toHaveLength(1);
  });

  it('deletes entries only when the backend says that it has committed this batch', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = path.receiver(() => Response.json({ batchId: 'some other' }));
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
    const backend = path.receiver(reply);
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
    const backend = path.receiver(() => new Response('', { status: 503 }));
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
    const backend = path.receiver(() => new Response('', { status: 503 }));
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
    const backend = path.receiver(() => new Response('unreadable', { status: 400 }));
    await append('bad');
    await ring();
    backend.reply = commits;
    await append('good');
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['bad'], ['good']]);
    expect(await countEntries()).toBe(1);
  });

  it('keeps no row of what is committed, or a few overwritten ones while a refused batch waits', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const rows = () =>
      inside(
        (_, { storage }) =>
          storage.sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM entries`).one().n,
      );
    const backend = path.receiver();
    await append('first');
    await ring();
    expect(await rows()).toBe(0);
    backend.reply = (batch) =>
      idsOf(batch).includes('bad') ? new Response('unreadable', { status: 400 }) : commits(batch);
    await append('bad');
    await ring();
    const most: number[] = [];
    for (let i = 0; i < 40; i++) {
      await append(`good-${i}`);
      await ring();
      expect(await countEntries()).toBe(1);
      most.push(await rows());
    }
    expect(Math.max(...most)).toBeLessThan(20);
    backend.reply = commits;
    await skipWait();
    await ring();
    expect(await rows()).toBe(0);
    // What comes after is numbered on, and neither sent twice nor lost.
    await append('last');
    await ring();
    const ids = backend.sent.map((batch) => idsOf(batch).join());
    const good = Array.from({ length: 40 }, (_, i) => `good-${i}`);
    expect(ids.filter((id) => id !== 'bad')).toEqual(['first', ...good, 'last']);
    const batchIds = (isBad: boolean) =>
      new Set(
        backend.sent.filter((_, i) => (ids[i] === 'bad') === isBad).map(({ batchId }) => batchId),
      );
    expect([batchIds(true).size, batchIds(false).size]).toEqual([1, 42]);
  });

  it('keeps what is stored, sealed and seen when the object is evicted between attempts', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = path.receiver(() => new Response('', { status: 503 }));
    await append('a');
    await ring();
    await evictDurableObject(log());
    expect(await append('a', 'b')).toEqual({ duplicates: [0], tooMany: [] });
    await evictDurableObject(log());
    backend.reply = commits;
    await skipWait();
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['a'], ['a'], ['b']]);
    expect(backend.sent[1].batchId).toBe(backend.sent[0].batchId);
  });

  it('tries again in a minute after a failure of its own', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    path.receiver();
    await append('a');
    await inside((instance) => Object.assign(instance, { env: {} }));
    await ring();
    expect(await alarmInMs()).toBeGreaterThan(50_000);
    expect(await countEntries()).toBe(1);
  });

  it('cuts batches by their bytes, so that each fits one request', async () => {
    const backend = path.receiver();
    for (const id of ['a', 'b', 'c']) await log().storeEvents([event(id, '界'.repeat(200_000))]);
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['a', 'b'], ['c']]);
    expect(Math.max(...backend.sentBytes.map(({ length }) => length))).toBeLessThan(1_600_000);
    expect(backend.sent[1].batchId).not.toBe(backend.sent[0].batchId);
  });

  it('never uses a batch id again after its storage was lost', async () => {
    const backend = path.receiver();
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

describe('shipping to a busy backend', () => {
  it('leaves a busy backend alone for as long as it asks, and for no longer than a minute', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const backend = fakeBackend();
    for (const [header, fromMs, toMs] of [
      ['20', 19_000, 20_000],
      ['100000', 59_000, 60_000],
      ['soon', 0, 60_000],
    ] as const) {
      backend.reply = () => new Response('', { status: 503, headers: { 'retry-after': header } });
      await append(header);
      await ring();
      const wait = (await alarmInMs()) ?? 0;
      expect(wait).toBeGreaterThan(fromMs - 5000);
      expect(wait).toBeLessThanOrEqual(toMs);
      await skipWait();
    }
    backend.reply = commits;
    await ring();
    expect(await countEntries()).toBe(0);
  });
});

describe('remembering events', () => {
  it('forgets them after two days, by an alarm of its own', async () => {
    const backend = fakeBackend();
    await append('old');
    await ring();
    expect(await append('old')).toEqual({ duplicates: [0], tooMany: [] });
    expect(await alarmInMs()).toBeGreaterThan(47 * 3_600_000);
    await inside((_, { storage }) => {
      for (const table of ['seen', 'counts'])
        storage.sql.exec(`UPDATE ${table} SET at = at - ?`, 49 * 3_600_000);
    });
    await ring();
    expect(await alarmInMs()).toBeNull();
    expect(await countsOf('r')).toEqual([]);
    expect(await append('old')).toEqual({ duplicates: [], tooMany: [] });
    await ring();
    expect(backend.sent.map(idsOf)).toEqual([['old'], ['old']]);
  });
});

describe('capping the events of a ranking', () => {
  beforeEach(() => void vi.spyOn(console, 'warn').mockReturnValue());
  const clicks = (rankingId: string, item: string, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({
      ...event(`${item}-${from + i}`),
      key: `${rankingId} ${item}-${from + i}`,
      rankingId: rankingId as RankingId,
      kind: `click ${item}`,
    }));
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => from + i);

  it('stores no more of one kind than the cap, whatever comes, and goes on with other kinds', async () => {
    expect(await log().storeEvents(clicks('r', 'a', 0, 499))).toMatchObject({ tooMany: [] });
    const mixed = [...clicks('r', 'a', 490, 505), ...clicks('r', 'b', 0, 3)];
    expect(await log().storeEvents(mixed)).toEqual({
      duplicates: numbers(0, 9),
      tooMany: numbers(10, 15),
    });
    // What was too many is so when it comes again: it was never stored, so it is no duplicate.
    expect(await log().storeEvents(clicks('r', 'a', 500, 505))).toEqual({
      duplicates: [],
      tooMany: numbers(0, 5),
    });
    expect(await log().storeEvents(clicks('other', 'a', 0, 10))).toMatchObject({ tooMany: [] });
    expect(await countsOf('r')).toEqual([
      { kind: '', events: 503 },
      { kind: 'click a', events: 500 },
      { kind: 'click b', events: 3 },
    ]);
  });

  it('forgets events that could not be stored, so that they are stored when they are sent again', async () => {
    const sql = (text: string) => inside((_, { storage }) => void storage.sql.exec(text));
    await append('z');
    await sql(
      `CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
    );
    await expect(
      append('a', 'b').catch((error) => Promise.reject(new Error(String(error)))),
    ).rejects.toThrow(/disk full/);
    await sql('DROP TRIGGER full');
    expect(await append('a', 'b')).toEqual({ duplicates: [], tooMany: [] });
    expect(await countsOf('r')).toEqual([
      { kind: '', events: 3 },
      { kind: 'click a', events: 3 },
    ]);
    const backend = fakeBackend();
    await ring();
    expect(backend.sent.flatMap(idsOf)).toEqual(['z', 'a', 'b']);
  });

  it('stores no more of all kinds together than the cap', async () => {
    for (const item of ['a', 'b', 'c', 'd', 'e'])
      await log().storeEvents(clicks('r', item, 0, 450));
    expect((await countsOf('r'))[0]).toEqual({ kind: '', events: 2000 });
  });

  it('keeps nothing of a flood but what it stored, also after an eviction', async () => {
    for (let from = 0; from < 5000; from += 1000)
      await log().storeEvents(clicks('r', 'a', from, from + 1000));
    await evictDurableObject(log());
    await log().storeEvents(clicks('r', 'a', 5000, 6000));
    const kept = await inside((_, { storage }) =>
      storage.sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM seen`).one(),
    );
    expect(kept.n).toBe(500);
    const backend = fakeBackend();
    await ring();
    expect(backend.sent.flatMap(idsOf)).toHaveLength(500);
  });
});

const countsOf = (rankingId: string) =>
  inside((_, { storage }) =>
    storage.sql
      .exec<{ kind: string; events: number }>(
        `SELECT kind, events FROM counts WHERE rankingId = ? ORDER BY kind`,
        rankingId,
      )
      .toArray(),
  );

/** Those that are not overwritten. */
const countEntries = () =>
  inside(
    (_, { storage }) =>
      storage.sql
        .exec<{ n: number }>(`SELECT COUNT(*) AS n FROM entries WHERE body <> zeroblob(sizeBytes)`)
        .one().n,
  );

describe('what waits', () => {
  // What was stored behind the back of the log is no other file's.
  afterEach(() => reset());
  /** By reading all of it. */
  const counted = () =>
    inside((_, { storage }) =>
      storage.sql
        .exec<{ entries: number; sizeBytes: number }>(
          `SELECT COUNT(*) AS entries, COALESCE(SUM(sizeBytes), 0) AS sizeBytes FROM entries WHERE NOT EXISTS (
             SELECT 1 FROM sealed WHERE notBefore = ? AND entries.seq BETWEEN first AND last)`,
          Number.MAX_SAFE_INTEGER,
        )
        .one(),
    );

  it('is told as it is, whichever batches the backend has, refuses or lets wait', async () => {
    const backend = fakeBackend();
    const text = (kB: number) => 'x'.repeat(kB * 1000);
    const refused = new Set<number>();
    for (let round = 0; round < 12; round++) {
      for (let n = 0; n <= round % 4; n++)
        await log().storeEvents([event(`w-${round}-${n}`, text(1 + ((7 * n + round) % 300)))]);
      expect(await log().waiting()).toMatchObject(await counted());
      if (round % 3 === 1) refused.add(round);
      backend.reply = (batch) =>
        refused.has(round) ? new Response('no', { status: 400 }) : commits(batch);
      if (round % 2 === 1) await ring();
      expect(await log().waiting()).toMatchObject(await counted());
    }
    expect((await log().waiting()).entries).toBeGreaterThan(0);
    expect((await log().waiting()).attempts).toBeGreaterThan(0);
  });

  it('is counted exactly and measured by 64 entries where it is more, without reading the others', async () => {
    const many = 3000;
    await inside((_, { storage }) => {
      // Mostly alike, as entries are, and now and then one of many times the size.
      for (let n = 0; n < many; n++)
        storage.sql.exec(
          `INSERT INTO entries (kind, body, sizeBytes) VALUES (1, ?1, length(CAST(?1 AS BLOB)))`,
          'x'.repeat(400 + (n % 7) * 40 + (n % 50 === 0 ? 2000 : 0)),
        );
    });
    const truth = await counted();
    const said = await log().waiting();
    expect(said.entries).toBe(truth.entries);
    expect(Math.abs(said.sizeBytes / truth.sizeBytes - 1)).toBeLessThan(0.2);
    const rowsRead = await inside((_, { storage }) => {
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
      const exec = (query: string, ...bindings: unknown[]) => {
        const cursor = storage.sql.exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      };
      const store = new LogStore({ exec } as unknown as SqlStorage, 'counted', 1);
      cursors.length = 0;
      store.waiting();
      return cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
    });
    expect(rowsRead).toBeLessThan(200);
  });
});
