import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Feed } from '../../../../backend/catalogue/feeds/feed.ts';
import { eventually, startTestBackend, type TestBackend } from '../../support/backend.ts';
import { startFeedServer, table, type FeedServer, type Handler } from './support/feed-server.ts';

let shop: FeedServer;
let other: FeedServer;
let backend: TestBackend;

const feedOf = (name: string, url: string, changes: Partial<Feed> = {}): Feed => ({
  name,
  url,
  schedule: '',
  read: { missing: ['-'] },
  redirectHosts: [],
  maxWithdrawnShare: 0.5,
  maxRefusedShare: 0.2,
  maxBytes: 100_000,
  timeoutMs: 60_000,
  ...changes,
});

beforeAll(async () => {
  [shop, other] = [await startFeedServer(), await startFeedServer()];
  const trusted = [other.host];
  backend = await startTestBackend({
    feeds: [
      feedOf('main', `${shop.url}/items.csv?token=secret-of-the-shop`),
      feedOf('second', `${shop.url}/second.jsonl`, { redirectHosts: trusted }),
      feedOf('hasty', `${shop.url}/hasty.csv`, { timeoutMs: 300 }),
      feedOf('typed', `${shop.url}/download`, { redirectHosts: trusted }),
      feedOf('signed', shop.url.replace('//', '//me:pass%20word@') + '/signed.csv'),
    ],
  });
});
afterAll(async () => {
  await backend.close();
  await shop.close();
  await other.close();
});

const HEADER = 'id,price,themes';
/** Ten items, so that one refused row is not too many. */
const TEN = Array.from({ length: 10 }, (_, i) => `f${i},${100 + i},food|hiking`);
const take = (name = 'main', how: object = {}) =>
  backend.call('POST', `/v1/feeds/${name}/read`, how);
const items = async () =>
  (await backend.call('GET', '/v1/items?limit=1000')).body.items as Record<string, unknown>[];
const ids = async () => (await items()).map(({ id }) => id);
const stateOf = async (name: string) =>
  (await backend.call('GET', '/v1/feeds')).body.feeds.find(
    (one: { name: string }) => one.name === name,
  );
const openAlerts = async (name = 'main') =>
  (
    (await backend.call('GET', '/v1/alerts')).body.alerts as { key: string; message: string }[]
  ).filter(({ key }) => key === `catalogue feed: ${name}`);
const auditOf = async (name: string) =>
  (
    (await backend.call('GET', '/v1/audit?limit=500')).body.entries as {
      action: string;
      subject: string;
      actor: string;
      details: Record<string, unknown>;
    }[]
  ).filter(({ subject }) => subject === name);

beforeEach(async () => {
  shop.answer = table([HEADER, ...TEN]);
  const { status, body } = await take('main', { whole: true, anyShare: true });
  if (status !== 200) throw new Error(`the feed was not taken: ${JSON.stringify(body)}`);
});
afterEach(async () => {
  // Each test leaves what the feed has, and nothing by hand.
  const all = (await ids()).filter((id) => !/^f\d$/.test(String(id)));
  await backend.call('POST', '/v1/items/delete', { ids: all });
});

test('new items come in, changed ones are changed, missing ones are taken out, and the edge gets it', async () => {
  shop.answer = table([HEADER, 'f0,999,food|hiking', ...TEN.slice(1, 8), 'new,5,-']);
  const { body, status } = await take();
  expect(status).toBe(200);
  expect(body).toMatchObject({ created: 1, changed: 1, unchanged: 7, withdrawn: 2, refused: 0 });
  expect(await ids()).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'new']);
  expect((await items())[0]).toEqual({ id: 'f0', price: 999, themes: ['food', 'hiking'] });
  expect((await auditOf('main'))[0]).toMatchObject({
    action: 'read feed',
    actor: 'api',
    details: { created: 1, changed: 1, withdrawn: 2 },
  });
  await eventually(() => {
    const active = backend.kv.text('CATALOGUE/active');
    return active !== undefined && JSON.parse(active).parts > 0;
  });
  const { body: status9 } = await backend.call('GET', '/v1/status');
  expect(status9.feeds[0]).toMatchObject({ name: 'main', items: 9, problem: null });
  await eventually(async () => {
    const { snapshot } = (await backend.call('GET', '/v1/status')).body;
    return snapshot?.items === 9;
  });
});

test('the same content changes nothing and leaves no line in the audit log', async () => {
  const before = (await auditOf('main')).length;
  expect((await take()).body).toMatchObject({
    created: 0,
    changed: 0,
    unchanged: 10,
    withdrawn: 0,
  });
  expect((await auditOf('main')).length).toBe(before);
});

test('items that were put by hand stay, unless the feed has had them', async () => {
  await backend.call('PUT', '/v1/items', [
    { id: 'by-hand', price: 1 },
    { id: 'both', price: 2 },
  ]);
  shop.answer = table([HEADER, ...TEN, 'both,3,food']);
  expect((await take()).body).toMatchObject({ changed: 1, withdrawn: 0 });
  shop.answer = table([HEADER, ...TEN]);
  expect((await take()).body).toMatchObject({ withdrawn: 1 });
  expect(await ids()).toContain('by-hand');
  expect(await ids()).not.toContain('both');
});

test('an item that was put by hand and is the same in the feed becomes the feed’s too', async () => {
  await backend.call('PUT', '/v1/items', [{ id: 'same', price: 7 }]);
  shop.answer = table([HEADER, ...TEN, 'same,7,-']);
  expect((await take()).body).toMatchObject({ changed: 0, created: 0, unchanged: 11 });
  shop.answer = table([HEADER, ...TEN]);
  expect((await take()).body).toMatchObject({ withdrawn: 1 });
});

test('what was changed or taken out by hand comes back, also where the server has nothing new', async () => {
  const etag = '"v1"';
  shop.answer = (request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else table([HEADER, ...TEN], { etag })(request, response);
  };
  await take();
  await backend.call('PUT', '/v1/items', [{ id: 'f1', price: 1 }]);
  await backend.call('DELETE', '/v1/items/f2');
  expect((await take()).body).toMatchObject({ notModified: true, unchanged: 0 });
  expect(await ids()).not.toContain('f2');
  expect((await take('main', { whole: true })).body).toMatchObject({ created: 1, changed: 1 });
  expect(shop.asked.at(-1)).not.toHaveProperty('if-none-match');
});

test.each([
  ['etag', { etag: 'W/"x"' }, 'if-none-match', 'W/"x"'],
  [
    'last-modified',
    { 'last-modified': 'Mon, 01 Mar 2027 10:00:00 GMT' },
    'if-modified-since',
    'Mon, 01 Mar 2027 10:00:00 GMT',
  ],
])('%s is sent back, and 304 does nothing', async (_, given, header, value) => {
  shop.answer = table([HEADER, ...TEN], given);
  await take();
  const before = await auditOf('main');
  shop.answer = (request, response) =>
    void response.writeHead(request.headers[header] === value ? 304 : 500).end();
  expect((await take()).body).toMatchObject({ notModified: true, withdrawn: 0 });
  expect(await ids()).toHaveLength(10);
  expect(await auditOf('main')).toEqual(before);
});

test('a feed of another feed’s items is refused, and they stay', async () => {
  shop.answer = (_, response) =>
    void response.end('{"id":"f0","price":1}\n{"id":"s0","price":2}\n');
  const { status, body } = await take('second');
  expect(status).toBe(422);
  expect(body.message).toMatch(/1 of 2 rows refused: item f0 is of feed main/);
  expect((await items()).find(({ id }) => id === 'f0')).toMatchObject({ price: 100 });
  expect(await ids()).not.toContain('s0');
});

test('the items of a refused row stay as they were; too many such rows refuse the feed', async () => {
  shop.answer = table([HEADER, 'f0,cheap,food', ...TEN.slice(1, 9)]);
  const { body } = await take();
  expect(body).toMatchObject({ refused: 1, withdrawn: 1, unchanged: 8 });
  expect(body.refusals).toMatch(/line 2: column price: "cheap" is no number/);
  expect(await ids()).toContain('f0');
  shop.answer = table([HEADER, ...TEN.slice(0, 3).map((row) => row.replace(/,\d+/, ',cheap'))]);
  expect(await take()).toMatchObject({ status: 422 });
});

test('a feed that lacks more than it may at once is refused, unless somebody means it', async () => {
  shop.answer = table([HEADER, ...TEN.slice(0, 4)]);
  const { status, body } = await take();
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'feed_refused' });
  expect(body.message).toMatch(/lacks 6 of its 10 items, and 50 % may be taken out/);
  expect(await ids()).toHaveLength(10);
  shop.answer = table([HEADER, ...TEN.slice(0, 5)]);
  expect((await take()).body).toMatchObject({ withdrawn: 5 });
  shop.answer = table([HEADER, TEN[0]]);
  expect((await take('main', { anyShare: true })).body).toMatchObject({ withdrawn: 4 });
  // Nobody means a catalogue of nothing.
  shop.answer = table([HEADER]);
  expect((await take('main', { anyShare: true })).body.message).toMatch(/it has no items/);
});

const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
const whole = Buffer.from(`${[HEADER, ...TEN].join('\n')}\n`);
const BROKEN: readonly [string, Handler, RegExp][] = [
  [
    'a connection that ends within the body',
    (_, response) => {
      response.writeHead(200, { 'content-length': whole.length });
      response.write(half(whole), () => response.destroy());
    },
    /connection ended before all of it/,
  ],
  [
    'a connection that ends between two chunks',
    (_, response) => {
      response.writeHead(200);
      response.write(half(whole), () => response.destroy());
    },
    /connection ended before all of it/,
  ],
  [
    'a length that is too small, within a row',
    (_, response) => {
      response.writeHead(200, { 'content-length': whole.length - 14, connection: 'close' });
      response.flushHeaders();
      response.socket!.end(whole);
    },
    /line 11 has 2 cells/,
  ],
  ['no server', (request) => request.socket.destroy(), /does not answer \(socket hang up\)/],
  ['an error', (_, response) => void response.writeHead(500).end('id\nx\n'), /answers 500/],
  ['a part', (_, response) => void response.writeHead(206).end(whole), /answers 206/],
  [
    'a "nothing has changed" that nobody asked for',
    (_, response) => void response.writeHead(304).end(),
    /answers 304/,
  ],
  [
    'a page',
    (_, response) =>
      void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(whole),
    /a page \(text\/html\)/,
  ],
  ['a page without a type', (_, response) => void response.end('<!doctype html>\n<p>'), /"id"/],
  ['a table of something else', table(['id,movie', 'f1,Alien']), /knows none of these columns/],
  ['nothing', (_, response) => void response.end(), /empty/],
  [
    'bytes',
    (_, response) => void response.end(Buffer.from([105, 100, 10, 0xc3, 0x28, 10])),
    /UTF-8/,
  ],
  [
    'gzip that is cut off',
    (_, response) => void response.writeHead(200).end(half(gzipSync(whole))),
    /damaged or cut off/,
  ],
  [
    'coded as gzip and cut off',
    (_, response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(half(gzipSync(whole))),
    /damaged or cut off/,
  ],
  [
    'another coding',
    (_, response) => void response.writeHead(200, { 'content-encoding': 'br' }).end(whole),
    /packed by "br"/,
  ],
  [
    'more than fits, by its length',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100_001 });
      response.write(whole);
    },
    /larger than 100,000 bytes/,
  ],
  [
    'more than fits, without an end',
    (_, response) => {
      const more = () => void (response.destroyed || response.write(whole, more));
      more();
    },
    /larger than 100,000 bytes/,
  ],
  [
    'more than fits, once it is unpacked',
    (_, response) => void response.end(gzipSync(Buffer.alloc(10_000_000, 'f'))),
    /larger than 100,000 bytes/,
  ],
  [
    'more than fits, once it is unpacked twice',
    (_, response) =>
      void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(gzipSync(Buffer.alloc(10_000_000, 'f')))),
    /larger than 100,000 bytes/,
  ],
  [
    'packed three times',
    (_, response) =>
      void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(gzipSync(gzipSync(whole)))),
    /packed more than once/,
  ],
  [
    'another host',
    (_, response) => void response.writeHead(302, { location: `${other.url}/x?key=s3` }).end(),
    /sends on to http:\/\/\(secret\)@127.*another host/,
  ],
  [
    'the address of a cloud’s metadata',
    (_, response) =>
      void response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    /another host/,
  ],
  [
    'a file',
    (_, response) => void response.writeHead(301, { location: 'file:///etc/passwd' }).end(),
    /neither http nor https/,
  ],
  [
    'itself',
    (_, response) => void response.writeHead(302, { location: '/items.csv' }).end(),
    /sends on more than 5 times/,
  ],
];

test.each(BROKEN)(
  'refused whole, with an alert that ends with the next good one: %s',
  async (_, answer, why) => {
    const before = await items();
    const audited = (await auditOf('main')).length;
    shop.answer = answer;
    // As the schedule asks, but for what is known of the last answer.
    const { status, body } = await take('main', { whole: true });
    expect(body.message).toMatch(why);
    expect(status).toBe(422);
    expect(await items()).toEqual(before);
    const [alert, ...others] = await openAlerts();
    expect(others).toEqual([]);
    expect(alert.message).toMatch(why);
    expect(await stateOf('main')).toMatchObject({ items: 10, problem: expect.stringMatching(why) });
    // It is recorded once while it stays so.
    await take('main', { whole: true });
    const refusals = await auditOf('main');
    expect(refusals).toHaveLength(audited + 1);
    expect(refusals[0]).toMatchObject({ action: 'refuse feed' });
    expect(JSON.stringify([alert, refusals, await stateOf('main')])).not.toMatch(
      /secret-of-the-shop|s3|trimtab-feed-/,
    );
    shop.answer = table([HEADER, ...TEN]);
    expect((await take()).status).toBe(200);
    expect(await openAlerts()).toEqual([]);
    expect(await stateOf('main')).toMatchObject({ problem: null, refusedSince: null });
  },
);

test('a feed that does not end in time is refused', async () => {
  shop.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/csv' });
    response.write(`${HEADER}\n`);
  };
  expect((await take('hasty')).body.message).toMatch(/takes longer than 0.3 s/);
  shop.answer = () => undefined;
  expect((await take('hasty')).body.message).toMatch(/takes longer than 0.3 s/);
  shop.answer = table([HEADER, 'h0,1,food']);
  expect((await take('hasty')).body).toMatchObject({ created: 1 });
  expect(await openAlerts('hasty')).toEqual([]);
});

test('gzip is read, as coding and as a file', async () => {
  const coded: Handler = (_, response) =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(whole));
  for (const answer of [
    coded,
    ((_, response) => void response.end(gzipSync(whole))) as Handler,
    ((_, response) =>
      void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(gzipSync(whole)))) as Handler,
  ]) {
    shop.answer = answer;
    expect((await take('main', { whole: true })).body).toMatchObject({ unchanged: 10 });
  }
  expect(shop.asked.at(-1)!['accept-encoding']).toBe('gzip');
});

test('a redirect is followed on the same host and to hosts that are named, without what is secret', async () => {
  shop.answer = (request, response) => {
    if (request.url === '/signed.csv')
      response.writeHead(302, { location: '/elsewhere.csv' }).end();
    else table([HEADER, 'g0,1,food'])(request, response);
  };
  expect((await take('signed')).body).toMatchObject({ created: 1 });
  const basic = `Basic ${Buffer.from('me:pass word').toString('base64')}`;
  expect(shop.asked.slice(-2).map(({ authorization }) => authorization)).toEqual([basic, basic]);
  shop.answer = (_, response) =>
    void response.writeHead(302, { location: `${other.url}/items` }).end();
  other.answer = (_, response) => void response.end('{"id":"s1","price":2}');
  expect((await take('second')).body).toMatchObject({ created: 1 });
  expect(other.asked.at(-1)).not.toHaveProperty('authorization');
});

test('the type says what a feed is where its address does not', async () => {
  shop.answer = (_, response) =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('[{"id":"t0","price":1}]');
  expect((await take('typed')).body).toMatchObject({ created: 1 });
  shop.answer = (_, response) =>
    void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('[]');
  expect((await take('typed')).body.message).toMatch(/set read.format/);
  shop.answer = (_, response) =>
    void response.writeHead(200, { 'content-type': 'text/csv' }).end('id,price\nt0,2\n');
  expect((await take('typed')).body).toMatchObject({ changed: 1 });
});

test('readings that are asked for at once are made one after the other', async () => {
  let [open, most] = [0, 0];
  shop.answer = (request, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      if (request.url === '/second.jsonl') response.end('{"id":"s2","price":2}');
      else table([HEADER, ...TEN])(request, response);
    }, 50);
  };
  const both = await Promise.all([take(), take('second', { anyShare: true }), take()]);
  expect(both.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(most).toBe(1);
});

test('a feed that is none is said to be none', async () => {
  const { status, body } = await take('nope');
  expect(status).toBe(404);
  expect(body.message).toMatch(/there is no feed "nope": catalogue.feeds has main, second/);
});
