import { connect } from '../../../../backend/store/connect.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Feed } from '../../../../backend/catalogue/feeds/feed.ts';
import { writeFeed } from '../../../../backend/catalogue/feeds/write-feed.ts';
import { leaseOf } from '../../../../backend/scheduler/lease.ts';
import { dueLast } from '../../../../backend/scheduler/repeat.ts';
import { audit, feeds, items } from '../../../../backend/store/tables.ts';
import { openLog } from '../../log/support/log.ts';
import { eventually, startTestBackend } from '../../support/backend.ts';
import { startFeedServer, table, type FeedServer } from './support/feed-server.ts';

let shop: FeedServer;
const paths: string[] = [];
beforeEach(async () => {
  shop = await startFeedServer();
  paths.length = 0;
  shop.answer = (request, response) => {
    paths.push(request.url!);
    table(['id,price', 'a,1', 'b,2'])(request, response);
  };
});
afterEach(() => shop.close());

const feed = (path: string, schedule: string): Feed => ({
  name: 'main',
  url: `${shop.url}${path}`,
  schedule,
  read: {},
  redirectHosts: [],
  maxWithdrawnShare: 0.5,
  maxRefusedShare: 0,
  maxBytes: 1000,
  timeoutMs: 60_000,
});
const EVERY_SECOND = '* * * * * *';
const YEARLY = '0 0 1 1 *';

test('of two backends on one database only the one that leads reads', async () => {
  const first = await startTestBackend({ feeds: [feed('/first.csv', EVERY_SECOND)] });
  const second = await first.beside({ feeds: [feed('/second.csv', EVERY_SECOND)] });
  try {
    await eventually(() => paths.length >= 4);
    expect(new Set(paths)).toEqual(new Set(['/first.csv']));
    const { body } = await second.call('GET', '/v1/status');
    expect(body.feeds).toMatchObject([{ name: 'main', items: 2, problem: null }]);
    // By hand any backend reads.
    expect((await second.call('POST', '/v1/feeds/main/read', {})).body).toMatchObject({
      unchanged: 2,
    });
    expect(paths).toContain('/second.csv');
  } finally {
    await second.close();
    await first.close();
  }
});

test('what was never read, or was due while no backend ran, is read at the start, and else when it is due', async () => {
  const backend = await startTestBackend({ feeds: [feed('/yearly.csv', YEARLY)] });
  try {
    const asked = async () => (await backend.call('GET', '/v1/feeds')).body.feeds[0];
    await eventually(async () => (await asked()).takenAt !== null);
    expect((await asked()).nextAt).toBeGreaterThan(Date.now());
    await backend.restart();
    await backend.call('GET', '/v1/feeds');
    expect(paths).toHaveLength(1);
    const client = connect(backend.config.database);
    await client.execute({ sql: 'update feeds set askedAt = ?', args: [Date.UTC(2020, 5)] });
    client.close();
    await backend.restart();
    await eventually(() => paths.length === 2);
  } finally {
    await backend.close();
  }
});

test('a backend that stops does not wait for a feed, and holds nothing against it', async () => {
  const backend = await startTestBackend({ feeds: [feed('/slow.csv', YEARLY)] });
  const answer = shop.answer;
  await eventually(() => paths.length === 1);
  shop.answer = (request) => void paths.push(request.url!);
  const asked = backend.call('POST', '/v1/feeds/main/read', { whole: true });
  await eventually(() => paths.length === 2);
  await backend.restart();
  // Or the connection ended with it.
  const { status } = await asked.catch(() => ({ status: 503 }));
  expect(status).toBe(503);
  const [state] = (await backend.call('GET', '/v1/feeds')).body.feeds;
  expect(state.problem).toBeNull();
  shop.answer = answer;
  expect((await backend.call('POST', '/v1/feeds/main/read', {})).status).toBe(200);
  await backend.close();
});

test('a backend whose lease another one took writes nothing', async () => {
  const log = await openLog();
  const lease = (holder: string, nowMs: number) =>
    leaseOf(log.store, { name: 'catalogue feeds', holder, ttlMs: 1000, nowMs: () => nowMs });
  const [late, quick] = [lease('late', 0), lease('quick', 5000)];
  const write = (by: typeof late) =>
    writeFeed(
      log.store,
      by,
      'main',
      { put: [['a', '{}']], missing: [] },
      { created: 1, changed: 0, unchanged: 0, withdrawn: 0, refused: 0 },
      { etag: null, lastModified: null, readBy: 'x' },
      { actor: 'test', nowMs: 5000 },
    );
  const rows = async () => [
    await log.store.db.select().from(items),
    await log.store.db.select().from(feeds),
    await log.store.db.select().from(audit),
  ];
  try {
    expect(await late.renew()).toBe(true);
    expect(await quick.renew()).toBe(true);
    const before = await rows();
    await expect(write(late)).rejects.toThrow(/NOT NULL constraint failed: audit.at/);
    expect(await rows()).toEqual(before);
    await write(quick);
    const [stored] = await rows();
    expect(stored).toEqual([{ id: 'a', attributes: {}, updatedAt: 5000, feed: 'main' }]);
  } finally {
    await log.close();
  }
});

test.each([
  ['0 0 * * *', Date.UTC(2027, 2, 5, 12), Date.UTC(2027, 2, 5)],
  ['*/15 * * * *', Date.UTC(2027, 2, 5, 12, 14, 59), Date.UTC(2027, 2, 5, 12)],
  ['0 0 29 2 *', Date.UTC(2027, 2, 5), Date.UTC(2024, 1, 29)],
  ['', Date.UTC(2027, 2, 5), null],
])('%s was due last at its moment before', (pattern, nowMs, due) => {
  expect(dueLast(pattern, nowMs)).toBe(due);
});
