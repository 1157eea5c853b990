import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessKeysOf } from '../../../backend/access/keys.ts';
import { keyPublisherOf } from '../../../backend/access/publish-keys.ts';
import type { KeyList } from '../../../shared/domain/access-key.ts';
import type { Store } from '../../../backend/store/open.ts';
import { accessKeys } from '../../../backend/store/tables.ts';
import { borrowStore } from '../../support/borrow-store.ts';

let store: Store;
let server: Server;
let nowMs = Date.UTC(2026, 0, 1);
/** What the edge answers, and what it was sent. */
let answer: (list: KeyList) => { status: number; body: object };
let sent: KeyList[] = [];
const logged: string[] = [];

beforeAll(async () => {
  store = await borrowStore();
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const list = JSON.parse(text) as KeyList;
      sent.push(list);
      const { status, body } = answer(list);
      response.writeHead(status).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await store.close();
});
beforeEach(async () => {
  await store.write([store.db.delete(accessKeys)]);
  nowMs += 3_600_000;
  sent = [];
  answer = ({ revision }) => ({ status: 200, body: { revision, failed: [] } });
});

const parts = () => {
  const keys = accessKeysOf({ store, nowMs: () => nowMs });
  const { port } = server.address() as AddressInfo;
  const publisher = keyPublisherOf({
    keys,
    edge: { edgeUrl: `http://127.0.0.1:${port}`, secretKey: 'sk' },
    nowMs: () => nowMs,
    log: (line) => logged.push(line),
  });
  return { keys, publisher, job: publisher.job(1000) };
};

test('nothing is sent while there never was a key, and each change once', async () => {
  const { keys, job } = parts();
  await job.run();
  expect(sent).toEqual([]);
  const key = await keys.create({ name: 'shop', scopes: ['rank'] }, 'anna');
  await job.run();
  await job.run();
  expect(sent.map((list) => list.keys.length)).toEqual([1]);
  await keys.revoke('shop', 'anna');
  await job.run();
  expect(sent.map((list) => list.keys.length)).toEqual([1, 0]);
  expect(JSON.stringify(sent)).not.toContain(key);
});

test('it is tried again, ever more slowly, until all of the edge knows', async () => {
  const { keys, publisher, job } = parts();
  answer = () => ({ status: 200, body: { failed: ['AS'] } });
  await keys.create({ name: 'shop', scopes: ['rank'] }, 'anna');
  expect(await publisher.publish()).toContain('AS');
  answer = () => ({ status: 503, body: {} });
  await expect(job.run()).rejects.toThrow('503');
  sent = [];
  await job.run();
  expect(sent).toEqual([]);
  answer = () => ({ status: 200, body: {} });
  nowMs += 1000;
  await job.run();
  await job.run();
  expect(sent).toHaveLength(1);
});

test('where the edge knows a later list, what that does not have stays revoked', async () => {
  const { keys, publisher } = parts();
  const shop = await keys.create({ name: 'shop', scopes: ['rank'] }, 'anna');
  const later = { revision: (await keys.revision()) + 5, keys: [] };
  answer = ({ revision }) =>
    revision < later.revision
      ? { status: 409, body: { code: 'newer_keys', details: { list: later } } }
      : { status: 200, body: {} };
  expect(await publisher.publish()).toBeUndefined();
  expect(await keys.holder(shop)).toBeUndefined();
  expect(sent.at(-1)).toMatchObject({ keys: [] });
  expect(sent.at(-1)!.revision).toBeGreaterThan(later.revision);
  expect(logged.at(-1)).toContain('shop');
});

test('two changes at once are no restored database: nothing is revoked', async () => {
  const { keys, publisher } = parts();
  const shop = await keys.create({ name: 'shop', scopes: ['rank'] }, 'anna');
  let robot = '';
  const before = await keys.inForce();
  const real = keys.inForce.bind(keys);
  let isFirst = true;
  // The list of before another change, which was published meanwhile, is sent after it.
  keys.inForce = async () => {
    if (!isFirst) return real();
    isFirst = false;
    robot = await keys.create({ name: 'robot', scopes: ['read'] }, 'ben');
    return before;
  };
  answer = ({ revision }) =>
    revision === before.revision
      ? {
          status: 409,
          body: {
            code: 'newer_keys',
            details: { list: { revision: before.revision + 1, keys: [] } },
          },
        }
      : { status: 200, body: {} };
  const lines = logged.length;
  expect(await publisher.publish()).toBeUndefined();
  for (const key of [shop, robot]) expect(await keys.holder(key)).toBeDefined();
  expect(sent.at(-1)!.keys).toHaveLength(2);
  expect(logged).toHaveLength(lines);
});

test('a list never has a key that was revoked before its revision', async () => {
  const { keys } = parts();
  await keys.create({ name: 'shop', scopes: ['rank'] }, 'anna');
  const revision = keys.revision.bind(keys);
  keys.revision = async () => {
    const known = await revision();
    keys.revision = revision;
    await keys.revoke('shop', 'ben');
    return known;
  };
  const list = await keys.inForce();
  expect(list.keys).toEqual([]);
  expect(list.revision).toBeLessThan(await keys.revision());
});
