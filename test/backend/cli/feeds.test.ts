import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFeedServer, table, type FeedServer } from '../catalogue/feeds/support/feed-server.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { runCli } from './support/cli.ts';

let shop: FeedServer;
let backend: TestBackend;
beforeAll(async () => {
  shop = await startFeedServer();
  backend = await startTestBackend({
    feeds: [
      {
        name: 'products',
        url: `${shop.url}/products.csv?token=secret`,
        schedule: '0 0 1 1 *',
        read: {},
        redirectHosts: [],
        maxWithdrawnShare: 0.5,
        maxRefusedShare: 0,
        maxBytes: 1000,
        timeoutMs: 60_000,
      },
    ],
  });
  // It was never read, so that it is at the start; the server has nothing yet.
  await eventually(
    async () => (await backend.call('GET', '/v1/feeds')).body.feeds[0].askedAt !== null,
  );
});
afterAll(async () => {
  await backend.close();
  await shop.close();
});

const cli = (...args: string[]) =>
  runCli(args, { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });

test('a feed is read by hand, and its state is shown', async () => {
  shop.answer = table(['id,price', 'a,1', 'b,2', 'c,3'], { etag: '"1"' });
  const read = await cli('feeds', 'read', 'products');
  expect(read.stdout).toMatch(/^feed products: 3 new, 0 changed, 0 unchanged, 0 withdrawn/);
  shop.answer = (request, response) =>
    void response.writeHead(request.headers['if-none-match'] === '"1"' ? 304 : 500).end();
  expect((await cli('feeds', 'read', 'products')).stdout).toMatch(/nothing has changed/);
  const listed = await cli('feeds');
  expect(listed.stdout).toMatch(
    /^products \(http:\/\/\(secret\)@127.0.0.1:\d+\/products.csv, 0 0 1 1 \*\): 3 items; last taken .*; next /,
  );
  expect((await cli('status')).stdout).toMatch(/feed +products: 3 items; last taken/);
});

test('a refusal ends with 1 and why, is in the status, and what it takes to overrule it works', async () => {
  shop.answer = table(['id,price', 'a,1']);
  const refused = await cli('feeds', 'read', 'products');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(/lacks 2 of its 3 items.*trimtab feeds read products --any-share/);
  const status = await cli('status');
  expect(status.stdout).toMatch(/feed +products: 3 items; .*refused since .*lacks 2 of its 3/);
  expect(status.stdout).toMatch(/alert: feed products is refused/);
  const meant = await cli('feeds', 'read', 'products', '--any-share', '--json');
  expect(JSON.parse(meant.stdout)).toMatchObject({ withdrawn: 2, unchanged: 1 });
  expect((await cli('status')).stdout).not.toMatch(/alert: feed/);
  expect((await cli('feeds', 'read', 'nope')).stderr).toMatch(/there is no feed "nope"/);
});
