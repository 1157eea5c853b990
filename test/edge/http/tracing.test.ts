import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';
import { clickOn, rank } from '../support/rank.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { openTrips } from '../support/trips.ts';

const ENDPOINT = 'http://collector.test/v1/traces';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const sampled = { traceparent: `00-${TRACE}-${PARENT}-01` };

interface Told {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

beforeAll(async () => {
  await publishItems(openTrips(5));
  await publishScorer('v000001');
});

afterEach(() => vi.restoreAllMocks());

/** Takes what is sent to it, and answers so. */
function collector(status = 200) {
  const texts: string[] = [];
  const requests: Request[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    requests.push(request);
    texts.push(await request.text());
    return new Response(null, { status });
  });
  const spans = (): Told[] =>
    texts.flatMap((text) =>
      JSON.parse(text).resourceSpans.flatMap((one: { scopeSpans: { spans: Told[] }[] }) =>
        one.scopeSpans.flatMap((scope) => scope.spans),
      ),
    );
  return { texts, requests, spans };
}

const traced = (others: object = {}) =>
  coldIsolate({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ENDPOINT, ...others });

it('tells of nothing where no address is set, whatever a page asks for', async () => {
  const { requests } = collector();
  const answer = await rank(
    coldIsolate({ TRACE_SHARE: '1' }),
    {},
    { key: PUBLISHABLE, body: { sessionId: 's' }, headers: sampled },
  );
  expect(answer.status).toBe(200);
  expect(requests).toEqual([]);
});

it('tells of a sampled ranking phase by phase, in the trace of its page, and of no person', async () => {
  const { spans, requests, texts } = collector();
  const isolate = traced({
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=secret%20of%20the%20collector',
  });
  const body = {
    sessionId: 'session-of-a-person',
    userId: 'user-of-a-person',
    preferences: { month: 7 },
    context: { device: 'mobile' },
  };
  const answer = await rank(isolate, {}, { key: PUBLISHABLE, body, headers: sampled });
  expect(answer.status).toBe(200);
  expect(requests[0].url).toBe(ENDPOINT);
  expect(requests[0].headers.get('x-key')).toBe('secret of the collector');
  const told = spans();
  expect(new Set(told.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  const server = told.find(({ name }) => name === 'POST /v1/rank')!;
  expect(server.parentSpanId).toBe(PARENT);
  const phases = told.filter(({ parentSpanId }) => parentSpanId === server.spanId);
  expect(phases.map(({ name }) => name).toSorted()).toEqual([
    'rank answer',
    'rank draw',
    'rank log',
    'rank parse',
    'rank read',
    'rank score',
  ]);
  expect(server.attributes).toContainEqual({
    key: 'http.response.status_code',
    value: { intValue: '200' },
  });
  const text = texts.join('\n');
  for (const own of [
    'session-of-a-person',
    'user-of-a-person',
    'mobile',
    answer.rankingId,
    PUBLISHABLE,
    answer.items[0].id,
  ])
    expect(text).not.toContain(own);
});

it('tells of no ranking that its page does not sample, and of all that begin a trace where all are to', async () => {
  const { spans } = collector();
  const isolate = traced({ TRACE_SHARE: '1' });
  const not = { traceparent: `00-${TRACE}-${PARENT}-00` };
  await rank(isolate, {}, { key: PUBLISHABLE, body: { sessionId: 's' }, headers: not });
  expect(spans()).toEqual([]);
  await rank(isolate);
  expect(spans().filter(({ name }) => name === 'POST /v1/rank')).toEqual([
    expect.not.objectContaining({ traceId: TRACE }),
  ]);
});

it('tells of events and what keeps them, and that a ranking was refused', async () => {
  const answer = await rank(coldIsolate());
  const { spans } = collector();
  const isolate = traced();
  const sent = await isolate.fetch('/v1/events', {
    key: PUBLISHABLE,
    body: [clickOn(answer)],
    headers: sampled,
  });
  expect(sent.status).toBe(202);
  const refused = await isolate.fetch('/v1/rank', {
    key: PUBLISHABLE,
    body: { nonsense: 1 },
    headers: sampled,
  });
  expect(refused.status).toBe(400);
  const names = spans().map(({ name }) => name);
  expect(names).toContain('events store');
  const of = spans().find(({ name }) => name === 'POST /v1/rank')!;
  expect(of.attributes).toContainEqual({
    key: 'http.response.status_code',
    value: { intValue: '400' },
  });
});

it('tells of nobody who has no key for it, or asks faster than they may', async () => {
  const { requests } = collector();
  const isolate = traced({
    TRACE_SHARE: '1',
    RATE_LIMITS: 'on',
    RATE_PER_KEY: { limit: async () => ({ success: false }) },
  });
  const statusOf = async (path: string, key?: string) =>
    (await isolate.fetch(path, { method: 'POST', key, body: [], headers: sampled })).status;
  for (const path of ['/v1/rank', '/v1/rank/batch', '/v1/events'])
    expect([await statusOf(path), await statusOf(path, 'pk_unknown')]).toEqual([401, 401]);
  for (const path of ['/v1/rank', '/v1/rank/batch', '/v1/events'])
    expect(await statusOf(path, PUBLISHABLE)).toBe(429);
  const forbidden = { key: PUBLISHABLE, headers: sampled };
  expect((await isolate.fetch('/v1/kv/WEIGHTS/active', forbidden)).status).toBe(403);
  const version = await isolate.fetch('/v1/version', { key: SECRET });
  expect(await version.json()).toMatchObject({ traces: { exported: 0, dropped: 0 } });
  expect(requests).toEqual([]);
});

it('answers as ever where nobody takes what is told, and counts it for who has a secret key', async () => {
  collector(503);
  const isolate = traced({ TRACE_SHARE: '1' });
  expect((await rank(isolate)).status).toBe(200);
  const version = await isolate.fetch('/v1/version', { key: SECRET });
  const { traces } = await version.json<{ traces: { exported: number; dropped: number } }>();
  expect(traces.exported).toBe(0);
  expect(traces.dropped).toBeGreaterThanOrEqual(7);
  const open = await (await isolate.fetch('/v1/version')).json();
  expect(open).not.toHaveProperty('traces');
});

it.each([
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector' }, /ENDPOINT must be/],
  [{ TRACE_SHARE: '2' }, /TRACE_SHARE must be a number from 0 to 1/],
  [{ OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'secret-without-a-name' }, /HEADERS must be/],
])('says what is wrong with %o, and shows no header', async (wrong, message) => {
  const response = await traced(wrong).fetch('/v1/health');
  expect(response.status).toBe(503);
  const text = await response.text();
  expect(text).toMatch(message);
  expect(text).not.toContain('secret-without-a-name');
});

it('lets pages of other origins send the headers of a trace', async () => {
  const response = await coldIsolate().fetch('/v1/rank', {
    method: 'OPTIONS',
    headers: {
      origin: 'https://shop.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,traceparent,tracestate,baggage',
    },
  });
  expect(response.headers.get('access-control-allow-headers')).toMatch(
    /traceparent.*tracestate.*baggage/,
  );
});
