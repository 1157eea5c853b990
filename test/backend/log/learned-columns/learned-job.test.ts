import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kvCleaning } from '../../../../backend/catalogue/clean-kv.ts';
import { readLearned, repairLearned } from '../../../../backend/catalogue/learned-parts.ts';
import { readShown } from '../../../../backend/log/account/read-shown.ts';
import { learnedJobs } from '../../../../backend/log/learned-columns/learned-job.ts';
import type { LearnedWorker } from '../../../../backend/log/learned-columns/learned-worker.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { edgeKv } from '../../../../backend/models/edge-kv.ts';
import { publisher as publisherOf } from '../../../../backend/models/publisher.ts';
import { startThread, type Thread } from '../../../../backend/process/thread.ts';
import { BOOKED, CLICKED } from '../../../../backend/science/evaluation/item-rates/shown-items.ts';
import { audit, learnedParts } from '../../../../backend/store/tables.ts';
import {
  NO_SESSION,
  parseItemId,
  parseSessionId,
  parseUserId,
} from '../../../../shared/domain/ids.ts';
import { parseSnapshotPointer } from '../../../../shared/domain/pointer.ts';
import { parseSchema, type Schema } from '../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { learnedFromBytes } from '../../../../shared/format/learned-bytes.ts';
import { startKvServer, type KvServer } from '../../support/kv-server.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

const SECRET = 'sk of this test';
const HOUR = 3_600_000;
const learning = parseSchema({
  name: 'learning',
  columns: [],
  features: [{ name: 'rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 5 }],
});

let log: Log;
let server: KvServer;
let thread: Thread<LearnedWorker>;
let lines: string[];
beforeEach(async () => {
  [log, server] = [await openLog(NOON + HOUR), await startKvServer(SECRET)];
  thread = startThread<LearnedWorker>(
    new URL('../../../../backend/log/learned-columns/learned-worker.ts', import.meta.url),
    log.database,
  );
  lines = [];
});
afterEach(async () => {
  await thread.stop();
  await log.close();
  await server.close();
});

const kv = () => edgeKv({ edgeUrl: server.url, secretKey: SECRET, retryPausesMs: [] });
const publisher = () => publisherOf(kv(), log.store, 0, () => log.nowMs);
const jobs = (liveSchema: () => Schema, schedule = '23 * * * *') =>
  learnedJobs({
    store: log.store,
    account: { update: () => log.update(DEFAULT_TRAINING_DATA.filters) },
    publisher: publisher(),
    liveSchema: async () => liveSchema(),
    thread,
    settings: { schedule, maxRankings: 10_000, keepDays: 3 },
    everyMs: 3000,
    nowMs: () => log.nowMs,
    log: (line) => void lines.push(line),
  });
const refresh = (schema: Schema = learning) => jobs(() => schema)[0].run();

const items = (...ids: string[]) => ({ itemIds: ids.map(parseItemId) });
const user = (name: string) => ({ userId: parseUserId(name) });
const session = (name: string) => ({ sessionId: parseSessionId(name) });
const pointerInKv = () => {
  const bytes = server.values.get('CATALOGUE/learned');
  return bytes && parseSnapshotPointer(Buffer.from(bytes).toString());
};
/** What KV says of an item. */
function learnedOf(id: string, of = 'clickRate', days = 7): number | undefined {
  const pointer = pointerInKv()!;
  const { ids, columns } = learnedFromBytes(
    new Uint8Array(server.values.get(`CATALOGUE/l/${pointer.hash}/0`)!),
  );
  const column = columns.find((one) => one.of === of && one.days === days)!;
  const code = column.codes[ids.findIndex((one) => one === id)];
  return code === undefined || code === 0 ? undefined : column.levels[code - 1];
}
const read = (most = 10_000) => readShown(log.store.db, { from: 0, to: log.nowMs + DAY }, most);

describe('what is read of the log', () => {
  test('are items chosen by merit, at their slots in the whole list: what was pinned is left out', async () => {
    const pinned = rankingOf('pinned', NOON, {
      ...items('a', 'b', 'c'),
      ...session('s1'),
      pinned: Uint8Array.of(1, 0, 0),
      isRestricted: true,
    });
    const further = rankingOf('further', NOON + 1, {
      ...items('d', 'e'),
      ...session('s1'),
      page: { offset: 3, of: pinned.rankingId },
    });
    await log.add(
      [pinned, further],
      [
        happened(pinned, 'click', { afterMs: 10, slot: 0 }),
        happened(pinned, 'click', { afterMs: 20, slot: 2 }),
      ],
    );
    await log.update();
    const shown = await read();
    const rows = [...shown.item].map((own, row) => [
      shown.items[own],
      shown.slot[row],
      shown.did[row],
    ]);
    expect(rows).toEqual([
      ['b', 1, 0],
      ['c', 2, CLICKED],
      ['d', 3, 0],
      ['e', 4, 0],
    ]);
    expect([...shown.starts]).toEqual([0, 2, 4]);
  });

  test('are rankings and events that the account counts, by person', async () => {
    const first = rankingOf('first', NOON, { ...items('a', 'b'), ...session('s1'), ...user('u') });
    const before = rankingOf('before', NOON - HOUR, { ...items('b'), ...session('s1') });
    const elsewhere = rankingOf('else', NOON + 1, {
      ...items('a'),
      ...session('s2'),
      ...user('u'),
    });
    const shared = ['x', 'y'].map((name, i) =>
      rankingOf(name, NOON + 10 + i, { ...items('c'), ...session('s3'), ...user(name) }),
    );
    const candidates = rankingOf('browser', NOON + 20, { ...items('d'), itemSource: 'browser' });
    const nobody = rankingOf('nobody', NOON + 21, {
      ...items('e'),
      sessionId: NO_SESSION,
      context: { placement: 'main' as never, consent: 'none' },
    });
    const crawled = Array.from({ length: 61 }, (_, i) =>
      rankingOf(`crawled-${i}`, NOON + 100 + i, { ...items('f'), ...session('crawler') }),
    );
    await log.add(
      [first, before, elsewhere, ...shared, candidates, nobody, ...crawled],
      [
        happened(first, 'click', { slot: 1 }),
        happened(first, 'click', { slot: 1, afterMs: 5001 }),
        happened(first, 'booking', { slot: 1, afterMs: 9000 }),
        happened(first, 'save', { slot: 0 }),
        happened(elsewhere, 'click'),
        // An item that was not shown.
        happened(before, 'click', { itemId: parseItemId('z') }),
        happened(crawled[0], 'click'),
      ],
    );
    await log.update(DEFAULT_TRAINING_DATA.filters);
    const shown = await read();
    const [b, a, c] = ['b', 'a', 'c'].map((id) => shown.items.indexOf(id));
    expect(shown.items).toHaveLength(3);
    expect([...shown.starts]).toEqual([0, 1, 3, 4, 5, 6]);
    expect([...shown.item]).toEqual([b, a, b, a, c, c]);
    expect([...shown.did]).toEqual([0, 0, CLICKED | BOOKED, CLICKED, 0, 0]);
    const [one, same, third, fourth, fifth] = shown.person;
    // What was done before the login, and in another session of the same user, is of one person; so is a session of two users.
    expect([same, third]).toEqual([one, one]);
    expect(fourth).toBe(fifth);
    expect(fourth).not.toBe(one);
  });

  test('are the latest ones where there are more than are to be read', async () => {
    await log.add(
      Array.from({ length: 9 }, (_, i) => rankingOf(`r${i}`, NOON + i, items(`i${i}`))),
    );
    await log.update();
    expect((await read(4)).items).toEqual(['i5', 'i6', 'i7', 'i8']);
    expect((await read(9)).items).toHaveLength(9);
  });

  test('is not what came in since the account was brought up to date', async () => {
    await log.add([rankingOf('first', NOON, items('a'))]);
    expect((await read()).items).toEqual([]);
  });
});

const crowd = (n: number, clicks: number, id: string, at = NOON) =>
  Array.from({ length: n }, (_, i) => {
    const ranking = rankingOf(`${id}-${at}-${i}`, at + i, items(id));
    return { ranking, event: i < clicks ? [happened(ranking, 'click')] : [] };
  });
const add = (...all: ReturnType<typeof crowd>[]) =>
  log.add(
    all.flat().map(({ ranking }) => ranking),
    all.flat().flatMap(({ event }) => event),
  );

describe('a refresh', () => {
  test('publishes a part, its pointer last, and says so in the audit log; the same again changes nothing', async () => {
    await add(crowd(40, 20, 'good'), crowd(40, 2, 'poor'));
    await refresh();
    const pointer = pointerInKv()!;
    expect(learnedOf('good')).toBeGreaterThan(0.4);
    expect(learnedOf('good')).toBeLessThan(0.5);
    expect(learnedOf('poor')).toBeGreaterThan(0.05);
    expect(learnedOf('poor')).toBeLessThan(0.1);
    expect(learnedOf('good', 'views', 1)).toBe(40);
    log.nowMs += HOUR;
    await refresh();
    expect(pointerInKv()).toEqual(pointer);
    const entries = (await log.store.db.select().from(audit)).filter(
      ({ action }) => action === 'publish learned columns',
    );
    expect(entries).toMatchObject([
      { actor: 'backend', subject: pointer.hash, details: { items: 2, rankings: 80 } },
    ]);
    expect(await readLearned(log.store)).toMatchObject({ hash: pointer.hash });
    expect(lines).toEqual([`learned columns ${pointer.hash} are live: 2 items by 80 rankings`]);
  });

  test('does nothing while no feature of the live schema reads it, and before anything was shown', async () => {
    await refresh();
    await add(crowd(3, 1, 'a'));
    await refresh(smarttrip);
    expect(server.values.size).toBe(0);
  });

  test('is of a later time a later pointer, whatever the clock says', async () => {
    await add(crowd(3, 1, 'a'));
    await refresh();
    const first = pointerInKv()!;
    await log.goOnTo(NOON + 3 * DAY);
    log.nowMs = first.at - DAY;
    await refresh();
    expect(pointerInKv()!.at).toBeLessThanOrEqual(first.at + 1);
  });

  test('of a later day no longer knows what is out of its windows', async () => {
    await add(crowd(5, 1, 'old'));
    await log.add([rankingOf('new', NOON + 2 * DAY, items('new'))]);
    log.nowMs = NOON + 2 * DAY + HOUR;
    await refresh();
    expect([1, 7, 30].map((days) => learnedOf('old', 'views', days))).toEqual([undefined, 5, 5]);
    expect(learnedOf('new', 'views', 1)).toBe(1);
  });

  test('is not moved by one user beyond what one person may, in however many sessions', async () => {
    await add(crowd(60, 6, 'a'), crowd(60, 6, 'b'));
    const one = rankingOf('one', NOON + 100, { ...items('a'), ...session('first'), ...user('u') });
    await log.add([one], [happened(one, 'click')]);
    await refresh();
    const rate = learnedOf('a');
    const many = Array.from({ length: 300 }, (_, i) =>
      rankingOf(`many-${i}`, NOON + 200 + i, {
        ...items('a'),
        ...session(`s${i % 40}`),
        ...user('u'),
      }),
    );
    await log.add(
      many,
      many.map((ranking) => happened(ranking, 'click')),
    );
    await refresh();
    expect(learnedOf('a', 'views', 7)).toBe(61);
    expect(learnedOf('a')).toBe(rate);
  });

  test('has nothing of a user who was deleted since the last one', async () => {
    await add(crowd(40, 4, 'a'));
    const theirs = rankingOf('theirs', NOON + 500, {
      ...items('only-theirs', 'a'),
      ...user('gone'),
    });
    await log.add([theirs], [happened(theirs, 'click'), happened(theirs, 'booking', { slot: 1 })]);
    await refresh();
    expect(learnedOf('only-theirs')).toBeGreaterThan(0);
    expect(learnedOf('a', 'views', 30)).toBe(41);
    await deleteUser(log.store, parseUserId('gone'), 'test', log.nowMs);
    await refresh();
    expect(learnedOf('only-theirs')).toBeUndefined();
    expect(learnedOf('a', 'views', 30)).toBe(40);
  });

  test('is empty where everybody was deleted', async () => {
    const only = rankingOf('only', NOON, { ...items('a'), ...user('gone') });
    await log.add([only]);
    await refresh();
    await deleteUser(log.store, parseUserId('gone'), 'test', log.nowMs);
    await refresh();
    expect(learnedOf('a', 'views', 30)).toBeUndefined();
  });

  test('keeps superseded parts for some days, so that a slate can be drawn again', async () => {
    const hashes: string[] = [];
    for (let day = 0; day < 5; day++) {
      log.nowMs = NOON + HOUR + day * DAY;
      await add(crowd(3, 1, `day-${day}`, log.nowMs - HOUR));
      await refresh();
      hashes.push(pointerInKv()!.hash);
    }
    expect(new Set(hashes).size).toBe(5);
    const kept = await log.store.db.select({ hash: learnedParts.hash }).from(learnedParts);
    expect(new Set(kept.map(({ hash }) => hash))).toEqual(new Set(hashes.slice(1)));
    expect((await readLearned(log.store, hashes[2]))?.columns.ids).toContain('day-2');
    expect(await readLearned(log.store, hashes[0])).toBeUndefined();
  });

  test('keeps one that was live for long for as many days after it was superseded', async () => {
    await add(crowd(3, 1, 'before', log.nowMs - HOUR));
    await refresh();
    const { hash } = pointerInKv()!;
    for (let day = 5; day < 10; day++) {
      log.nowMs = NOON + HOUR + day * DAY;
      await add(crowd(3, 1, `day-${day}`, log.nowMs - HOUR));
      await refresh();
      const isKept = (await readLearned(log.store, hash)) !== undefined;
      expect(isKept, `on day ${day}`).toBe(day < 8);
    }
  });

  test('keeps superseded parts where this machine’s clock is far ahead', async () => {
    const hashes: string[] = [];
    for (let hour = 0; hour < 4; hour++) {
      const at = NOON + hour * HOUR;
      await add(crowd(3, 1, `hour-${hour}`, at));
      log.nowMs = at + (hour < 3 ? HOUR : 365 * DAY);
      await refresh();
      hashes.push(pointerInKv()!.hash);
    }
    expect(new Set(hashes).size).toBe(4);
    for (const hash of hashes) expect(await readLearned(log.store, hash)).toBeDefined();
  });

  test.each([
    ['its pointer is gone', () => server.values.delete('CATALOGUE/learned')],
    ['its pointer is none', () => server.values.set('CATALOGUE/learned', Buffer.from('salt'))],
    ['a part is gone', (hash: string) => server.values.delete(`CATALOGUE/l/${hash}/0`)],
    [
      'a part is damaged',
      (hash: string) => server.values.set(`CATALOGUE/l/${hash}/0`, Buffer.from('x')),
    ],
  ])('is published again where in KV %s', async (_, spoil) => {
    await add(crowd(30, 3, 'a'));
    await refresh();
    const { hash } = pointerInKv()!;
    const repair = () =>
      repairLearned({
        store: log.store,
        kv: kv(),
        publisher: publisher(),
        settleMs: 0,
        nowMs: () => log.nowMs,
        log: (line) => void lines.push(line),
      });
    spoil(hash);
    lines = [];
    // It may be a publication under way.
    await repair();
    expect(lines).toEqual([]);
    log.nowMs += HOUR;
    await repair();
    expect(pointerInKv()).toMatchObject({ hash });
    expect(learnedOf('a', 'views', 7)).toBe(30);
    await repair();
    expect(lines).toHaveLength(1);
  });

  test('leaves KV once superseded for long enough; what is live and the one before it stay', async () => {
    await publisher().publishSnapshot('ab'.repeat(16), new Uint8Array(3), log.nowMs, false);
    server.values.set('WEIGHTS/active', Buffer.from('v000000'));
    const hashes: string[] = [];
    for (let hour = 0; hour < 4; hour++) {
      log.nowMs += HOUR;
      await add(crowd(3, 1, `hour-${hour}`, log.nowMs - HOUR));
      await refresh();
      hashes.push(pointerInKv()!.hash);
    }
    const cleaning = kvCleaning({
      store: log.store,
      kv: kv(),
      settings: { keepHours: 24, keepVersions: 1 },
      retentionDays: 120,
      settleMs: 0,
      nowMs: () => log.nowMs,
    });
    expect(await cleaning.clean(sql`true`)).toBe(0);
    log.nowMs += DAY;
    expect(await cleaning.clean(sql`true`)).toBe(2);
    const left = [...server.values.keys()].filter((key) => key.startsWith('CATALOGUE/l/'));
    expect(left.map((key) => key.split('/')[2]).toSorted()).toEqual(hashes.slice(2).toSorted());
  });
});

describe('before its time', () => {
  const day = (n: number) => NOON + n * 100_000;

  test('columns are learned at once where a schema that reads them becomes the live one', async () => {
    let live = smarttrip;
    const [onSchedule, atOnce] = jobs(() => live);
    await add(crowd(40, 20, 'a'));
    await atOnce.run();
    expect(server.values.size).toBe(0);
    live = learning;
    await atOnce.run();
    expect(learnedOf('a', 'views', 7)).toBe(40);
    // From here on the schedule says when, until the log is twice as long.
    await add(crowd(39, 0, 'a', day(1)));
    await atOnce.run();
    expect(learnedOf('a', 'views', 7)).toBe(40);
    await onSchedule.run();
    expect(learnedOf('a', 'views', 7)).toBe(79);
    // What was skipped while nothing read it is caught up with when something does again.
    live = smarttrip;
    await atOnce.run();
    await add(crowd(5, 0, 'a', day(2)));
    live = learning;
    await atOnce.run();
    expect(learnedOf('a', 'views', 7)).toBe(84);
  });

  test('a short log is learned from whenever it has doubled, from the first ranking on', async () => {
    const [, atOnce] = jobs(() => learning);
    await atOnce.run();
    expect(server.values.size).toBe(0);
    const views: number[] = [];
    for (let n = 0; n < 9; n++) {
      await add(crowd(1, 0, 'a', day(n)));
      await atOnce.run();
      views.push(learnedOf('a', 'views', 7)!);
    }
    expect(views).toEqual([1, 2, 2, 4, 4, 4, 4, 8, 8]);
  });

  test('a long log is left to the schedule', async () => {
    const [, atOnce] = jobs(() => learning);
    await add(crowd(1000, 0, 'a'));
    await atOnce.run();
    await add(crowd(1500, 0, 'a', day(1)));
    await atOnce.run();
    expect(learnedOf('a', 'views', 7)).toBe(1000);
  });

  test('what failed is tried again after a minute, and not every few seconds', async () => {
    const [, atOnce] = jobs(() => learning);
    await add(crowd(3, 0, 'a'));
    server.failing = /^PUT/;
    await expect(atOnce.run()).rejects.toThrow(/503/);
    server.failing = undefined;
    await atOnce.run();
    expect(server.values.size).toBe(0);
    log.nowMs += 60_000;
    await atOnce.run();
    expect(learnedOf('a', 'views', 7)).toBe(3);
  });

  test('nothing is learned where the schedule is empty', () => {
    expect(jobs(() => learning, '').map(({ schedule }) => schedule)).toEqual(['', '']);
  });
});
