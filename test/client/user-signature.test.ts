import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient, type ClientOptions, type RankQuery } from '../../edge/client/index.ts';

/** Answers nothing that is a ranking, and keeps what it was asked. */
const asked: unknown[] = [];
const server = createServer((request, response) => {
  const answer = async () => {
    asked.push(await json(request));
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end('{"code":"unsigned_user","message":"refused"}');
  };
  answer().catch((error: Error) => response.destroy(error));
});
beforeEach(async () => {
  asked.length = 0;
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
});
afterEach(() => new Promise((closed) => void server.close(closed)));

const anna = { sessionId: 'visit-1', userId: 'anna', userSignature: 'ab'.repeat(32) };

const sent = async (options: Partial<ClientOptions>, query: RankQuery) => {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const client = createClient({ url, key: 'pk_of_a_page_of_tests', timeoutMs: 60_000, ...options });
  const ranking = await client.rank({ candidates: ['b', 'a'], ...query });
  // Whatever the edge says of the signature, the page has an order.
  expect(ranking).toMatchObject({ ranked: false, items: [{ id: 'b' }, { id: 'a' }] });
  expect(ranking.error).toMatchObject({ code: 'unsigned_user' });
  return asked.at(-1);
};

test('goes with each ranking beside the user that it is of', async () => {
  expect(await sent({ ...anna, consent: 'measure' }, {})).toMatchObject(anna);
  expect(await sent({ consent: 'measure' }, anna)).toMatchObject(anna);
});

test('stays on the device without consent, as the user does', async () => {
  const body = await sent({ ...anna, consent: 'none' }, {});
  for (const field of Object.keys(anna)) expect(body).not.toHaveProperty(field);
});
