import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../../edge/client/index.ts';
import {
  eventually,
  IDENTITY_SECRET,
  INGEST_SECRET,
  SECRET_KEY,
  startTestBackend,
  type TestBackend,
} from '../../backend/support/backend.ts';
import { startWorkerd, type Workerd } from '../../support/workerd.ts';

interface Told {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PAGE = '00f067aa0ba902b7';
const PUBLISHABLE = 'pk_1_of_this_test';

let dir: string;
let collector: Server;
let backend: TestBackend;
let edge: Workerd;
const told: Told[] = [];
const keys = new Set<string | undefined>();

interface Otlp {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { value: { stringValue: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Told, 'service'>[] }[];
  }[];
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trimtab-traces-'));
  collector = createServer((request, response) => {
    void text(request).then((body) => {
      keys.add(request.headers['x-collector-key'] as string | undefined);
      for (const { resource, scopeSpans } of (JSON.parse(body) as Otlp).resourceSpans)
        for (const span of scopeSpans.flatMap(({ spans }) => spans))
          told.push({ service: resource.attributes[0].value.stringValue, ...span });
      return response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
  backend = await startTestBackend({
    traceAddress: { endpoint, headers: { 'x-collector-key': 'of this test' } },
  });
  edge = await startWorkerd({
    dir,
    env: {
      PUBLISHABLE_KEYS: PUBLISHABLE,
      SECRET_KEYS: SECRET_KEY,
      TOKEN_SECRET: 'token secret of this test',
      INGEST_SECRET,
      IDENTITY_SECRET,
      BACKEND_URL: backend.url,
      SHIP_INTERVAL_MS: '200',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-collector-key=of%20this%20test',
    },
  });
});

afterAll(async () => {
  await edge?.stop();
  await backend?.close();
  collector.closeAllConnections();
  collector.close();
  await rm(dir, { recursive: true });
});

test('one trace leads from the header of a page to what the backend stores', async () => {
  const client = createClient({
    url: edge.url,
    key: PUBLISHABLE,
    consent: 'measure',
    sessionId: 'session-of-this-test',
    timeoutMs: 60_000,
    trace: { traceparent: `00-${TRACE}-${PAGE}-01`, tracestate: 'shop=1' },
  });
  const ranking = await client.rank({ candidates: ['a', 'b', 'c'] });
  expect(ranking.ranked).toBe(true);
  expect(client.track('click', { itemId: ranking.items[0].id })).toBe(true);
  await client.flush();
  const path = (last: Told): string[] => {
    const parent = told.find(({ spanId }) => spanId === last.parentSpanId);
    return [
      ...(parent === undefined ? [String(last.parentSpanId)] : path(parent)),
      `${last.service} ${last.name}`,
    ];
  };
  const paths = () =>
    told
      .filter(({ name, traceId }) => name === 'ingest' && traceId === TRACE)
      .map((one) => path(one).join(' > '));
  const stored = 'trimtab-edge ship > trimtab-backend POST /v1/ingest > trimtab-backend ingest';
  // What was ranked and what was done with it may go in one batch, which then is of the first of the two.
  const ofRanking = `${PAGE} > trimtab-edge POST /v1/rank > trimtab-edge rank log > ${stored}`;
  const ofEvents = `${PAGE} > trimtab-edge POST /v1/events > trimtab-edge events store > ${stored}`;
  // What came before a span may be told of after it.
  await eventually(
    () => paths().length > 0 && paths().every((one) => one === ofRanking || one === ofEvents),
  );
  // All that was told has the key, and nothing was told of what nobody samples, but for what is rare.
  expect(keys).toEqual(new Set(['of this test']));
  await eventually(() => told.some(({ name }) => name.startsWith('publish ')));
  const others = told.filter(({ traceId }) => traceId !== TRACE).map(({ name }) => name);
  expect(others.filter((name) => !name.startsWith('publish '))).toEqual([]);
  await eventually(async () => {
    const { body } = await backend.call('GET', '/metrics');
    return /^trimtab_trace_spans_total\{outcome="exported"\} [1-9]/m.test(String(body));
  });
});
