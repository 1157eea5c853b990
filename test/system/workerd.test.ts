import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ingestBatchFromBytes } from '../../shared/format/ingest-bytes.ts';
import { startWorkerd, type Workerd } from '../support/workerd.ts';

let dir: string;
let edge: Workerd;
let backend: Server;
let env: Record<string, string>;
let ingested: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trimtab-workerd-'));
  ingested = [];
  backend = createServer((request, response) => {
    void ingest(request).then((batchId) => response.end(JSON.stringify({ batchId })));
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const address = backend.address();
  env = {
    PUBLISHABLE_KEYS: 'pk_1_of_this_test',
    SECRET_KEYS: 'sk_"quoted"\\ and $odd',
    TOKEN_SECRET: 'token secret of this test',
    INGEST_SECRET: 'ingest secret of this test',
    BACKEND_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
  };
  edge = await startWorkerd({ dir, env });
});

afterEach(async () => {
  await edge?.stop();
  backend.close();
  await rm(dir, { recursive: true });
});

async function ingest(request: IncomingMessage): Promise<string> {
  const { batchId, events } = ingestBatchFromBytes(new Uint8Array(await buffer(request)));
  ingested.push(...events.map(({ eventId }) => eventId));
  return batchId;
}

const call = (
  path: string,
  {
    method = 'GET',
    body,
    headers,
  }: { method?: string; body?: string | Uint8Array<ArrayBuffer>; headers?: object } = {},
) =>
  fetch(`${edge.url}${path}`, {
    method,
    body,
    headers: { authorization: `Bearer ${env.SECRET_KEYS}`, ...headers },
  });

const post = (path: string, body: unknown) =>
  call(path, { method: 'POST', body: JSON.stringify(body) });

async function read(response: Response): Promise<Record<string, unknown>> {
  return JSON.parse(await response.text());
}

describe('the Worker on a bare workerd', () => {
  it('keeps KV values of many megabytes, with metadata, across a kill -9', async () => {
    const value = Uint8Array.from({ length: 5_000_001 }, (_, i) => (i * i) % 253);
    const headers = { 'x-trimtab-metadata': '{"part":0}' };
    await call('/v1/kv/CATALOGUE/s/abc/0', { method: 'PUT', body: value, headers });
    await call('/v1/kv/CATALOGUE/gone', { method: 'PUT', body: 'x' });
    await call('/v1/kv/CATALOGUE/gone', { method: 'DELETE' });
    await edge.kill9();
    edge = await startWorkerd({ dir, env });
    const kept = await call('/v1/kv/CATALOGUE/s/abc/0');
    expect(kept.headers.get('x-trimtab-metadata')).toBe('{"part":0}');
    expect(Buffer.from(await kept.arrayBuffer()).equals(value)).toBe(true);
    expect((await call('/v1/kv/CATALOGUE/gone')).status).toBe(404);
    expect((await call('/v1/kv/WEIGHTS/s/abc/0')).status).toBe(404);
  });

  it('replaces a long value by a shorter one, whole', async () => {
    await call('/v1/kv/WEIGHTS/k', { method: 'PUT', body: 'x'.repeat(3_000_000) });
    await call('/v1/kv/WEIGHTS/k', { method: 'PUT', body: 'short' });
    expect(await (await call('/v1/kv/WEIGHTS/k')).text()).toBe('short');
  });

  it('ships an event that got its 202 just before a kill -9, without another request', async () => {
    const candidates = [{ id: 'a' }];
    const ranking = await post('/v1/rank', { sessionId: 's', candidates });
    const { rankingId, token } = await read(ranking);
    const click = {
      eventId: 'e1',
      type: 'click',
      rankingId,
      itemId: 'a',
      timestamp: Date.now(),
      token,
    };
    expect(await read(await post('/v1/events', [click]))).toMatchObject({ accepted: 1 });
    await edge.kill9();
    edge = await startWorkerd({ dir, env });
    await vi.waitFor(() => expect(ingested).toEqual(['e1']), { timeout: 120_000 });
    expect(await read(await post('/v1/events', [click]))).toMatchObject({ duplicates: 1 });
  });

  it('limits rates by its own counter where it is given any, and nothing else', async () => {
    const ask = (address: string, key = 'pk_1_of_this_test') =>
      call('/v1/rank', {
        method: 'POST',
        body: JSON.stringify({ sessionId: 's', candidates: [{ id: 'a' }] }),
        headers: { authorization: `Bearer ${key}`, 'cf-connecting-ip': address },
      });
    const statuses = async (addresses: readonly string[]) => {
      const found: number[] = [];
      for (const address of addresses) found.push((await ask(address)).status);
      return found;
    };
    const [a, b] = ['192.0.2.1', '192.0.2.2'];
    expect(await statuses([a, a, a])).toEqual([200, 200, 200]);
    await edge.stop();
    // Longer than the test, which would else see a period end.
    const rates = { RATE_PER_ADDRESS: { limit: 2, periodS: 1e9 } };
    edge = await startWorkerd({ dir, env, rates });
    expect(await statuses([a, a, a, b])).toEqual([200, 200, 429, 200]);
    expect((await ask(a)).headers.get('retry-after')).toBe('60');
    expect((await ask(a, env.SECRET_KEYS)).status).toBe(200);
  });

  it('says why it cannot start', async () => {
    const port = Number(new URL(edge.url).port);
    const elsewhere = await mkdtemp(join(tmpdir(), 'trimtab-workerd-'));
    await expect(startWorkerd({ dir: elsewhere, port, env })).rejects.toThrow(
      /did not start on port \d+:[^]*in use/,
    );
    await rm(elsewhere, { recursive: true });
  });
});
