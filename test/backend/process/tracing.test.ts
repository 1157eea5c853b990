import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../../backend/config/environment.ts';
import { outboundOf } from '../../../backend/outbound/outbound.ts';
import { sendTracesTo } from '../../../backend/outbound/send-traces.ts';
import { NO_TRACING, tracingBy } from '../../../backend/process/tracing.ts';

interface Told {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number };
}

function recorded(share = 0) {
  const bodies: string[] = [];
  let counts = { exported: 0, dropped: 0 };
  const tracing = tracingBy(
    share,
    async (body) => {
      bodies.push(body);
      return 200;
    },
    (sent) => (counts = sent),
  );
  const told = (): Told[] =>
    bodies.flatMap((body) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans as Told[]);
  return { tracing, told, counts: () => counts };
}

const sampled = {
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: undefined,
};
const none = { traceparent: undefined, tracestate: undefined };

test('what is done within a request is told of within it, also what others do at the same time', async () => {
  const { tracing, told, counts } = recorded();
  const one = async (headers: typeof sampled | typeof none, name: string) => {
    let sent: Record<string, string> = {};
    await tracing.request(name, headers, async () => {
      await new Promise((resolve) => void setTimeout(resolve, 5));
      sent = await tracing.within(`within ${name}`, async () => tracing.headers());
      return 200;
    });
    return sent;
  };
  const [headers, nothing] = await Promise.all([one(sampled, 'a'), one(none, 'b')]);
  await tracing.stop();
  const [within, request] = told();
  expect(told().map(({ name }) => name)).toEqual(['within a', 'a']);
  expect(request.parentSpanId).toBe('00f067aa0ba902b7');
  expect(within.parentSpanId).toBe(request.spanId);
  expect(headers.traceparent).toBe(`00-${request.traceId}-${within.spanId}-01`);
  expect(nothing).toEqual({});
  expect(counts()).toEqual({ exported: 2, dropped: 0 });
});

test('a request is told of with its status, and not where it is refused for its key or its rate', async () => {
  const { tracing, told } = recorded();
  for (const status of [200, 401, 403, 404, 429, 500])
    await tracing.request(`${status}`, sampled, async () => status);
  await tracing.stop();
  expect(told().map(({ name, status }) => [name, status])).toEqual([
    ['200', {}],
    ['404', {}],
    ['500', { code: 2 }],
  ]);
});

test('what is rare is told of always, and that it failed', async () => {
  const { tracing, told } = recorded();
  const failed = tracing.always('publish pointer', () => Promise.reject(new Error('KV is down')));
  await expect(failed).rejects.toThrow('KV is down');
  tracing.record('training', { startMs: 1, endMs: 2, failed: false, attributes: {} });
  await tracing.stop();
  expect(told().map(({ name, status, parentSpanId }) => [name, status, parentSpanId])).toEqual([
    ['publish pointer', { code: 2 }, undefined],
    ['training', {}, undefined],
  ]);
});

test('without an address everything is done all the same', async () => {
  const spans: unknown[] = [];
  await NO_TRACING.request('a', sampled, async (span) => {
    spans.push(span);
    return 200;
  });
  expect(spans).toEqual([undefined]);
  expect(await NO_TRACING.always('a', async () => NO_TRACING.headers())).toEqual({});
  await NO_TRACING.stop();
});

test('traces are sent to who was named, with their keys, and to no private address that a name leads to', async () => {
  const received: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push([request.headers['x-key'], request.headers['content-type'], body].join(' '));
      return response.writeHead(302, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = { 'x-key': 'secret' };
  const outbound = outboundOf({ privateHosts: [] }, async () => [
    { address: '127.0.0.1', family: 4 },
  ]);
  const send = sendTracesTo({ endpoint: `http://127.0.0.1:${port}/v1/traces`, headers }, outbound);
  expect(await send('{"ä":1}')).toBe(302);
  expect(received).toEqual(['secret application/json {"ä":1}']);
  const hidden = sendTracesTo({ endpoint: `http://evil.example:${port}/`, headers }, outbound);
  await expect(hidden('{}')).rejects.toThrow('outbound.privateHosts');
  expect(received).toHaveLength(1);
  server.close();
});

test('the environment says where to, and no error shows a header', () => {
  const env = {
    TRIMTAB_SECRET_KEYS: 'a secret key of the tests',
    TRIMTAB_INGEST_SECRET: 'an ingest secret of the tests',
  };
  expect(readEnvironment(env).traceAddress).toBeUndefined();
  const endpoint = 'https://otel.example/v1/traces';
  expect(
    readEnvironment({
      ...env,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'Authorization=Bearer%20x',
    }).traceAddress,
  ).toEqual({ endpoint, headers: { authorization: 'Bearer x' } });
  expect(() =>
    readEnvironment({ ...env, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'ftp://otel.example' }),
  ).toThrow('http or https');
  const wrong = () =>
    readEnvironment({
      ...env,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'secret without a name',
    });
  expect(wrong).toThrow('must be name=value');
  expect(wrong).not.toThrow('secret without a name');
});
