import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import vm from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../edge/client/build/bundle.ts';
import type { Client } from '../../edge/client/index.ts';

/** Answers nothing that is a ranking, and keeps what it was asked. */
const asked: { readonly context?: object }[] = [];
const server = createServer((request, response) => {
  const answer = async () => {
    asked.push(JSON.parse(await text(request)) as object);
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end('{"code":"refused","message":"refused"}');
  };
  answer().catch((error: Error) => response.destroy(error));
});
beforeAll(() => new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening)));
afterAll(() => new Promise((closed) => void server.close(closed)));

/** What a page with this script asks the edge for. */
async function askedBy(dataset: Readonly<Record<string, string>>) {
  const { port } = server.address() as AddressInfo;
  const document = {
    currentScript: { dataset, src: `http://127.0.0.1:${port}/client.js` },
    readyState: 'loading',
    addEventListener: () => {},
    documentElement: {},
    querySelectorAll: () => [],
  };
  const page = vm.createContext({
    addEventListener: () => {},
    matchMedia: () => ({}),
    screen: {},
    navigator: {},
    document,
    URL,
    fetch,
    AbortController,
    AbortSignal,
    setTimeout,
    clearTimeout,
    performance,
    crypto,
    console: { warn: () => {} },
    queueMicrotask,
    structuredClone,
  });
  vm.runInContext('globalThis.trimtabReady = [(t) => { t.observe = () => {}; }]', page);
  vm.runInContext(Buffer.from(await bundle('/client.js')).toString(), page);
  const { trimtab } = page as unknown as { readonly trimtab: Client };
  await trimtab.rank({ candidates: ['a'], timeoutMs: 60_000 });
  return asked.at(-1)!.context;
}

test('a page names its market by data-market, and without it none', async () => {
  expect(await askedBy({ key: 'pk_of_a_page_of_tests', market: 'CH' })).toMatchObject({
    market: 'CH',
  });
  expect(await askedBy({ key: 'pk_of_a_page_of_tests' })).not.toHaveProperty('market');
});
