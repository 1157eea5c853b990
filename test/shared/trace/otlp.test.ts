import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { otlpJson } from '../../../shared/trace/otlp.ts';
import { Spans, type EndedSpan } from '../../../shared/trace/spans.ts';
import { readOtlpHeaders, TraceExport } from '../../../shared/trace/trace-export.ts';

const { random } = Math;
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPANS: readonly EndedSpan[] = [
  {
    name: 'POST /v1/rank',
    kind: 'server',
    context: { traceId, spanId: '00f067aa0ba902b7', isSampled: true, state: 'vendor=a:1,other=b' },
    parentId: '53995c3f42cd8ad8',
    startMs: 1796000000123,
    endMs: 1796000000124.5,
    attributes: {
      'http.route': '/v1/rank',
      'http.response.status_code': 200,
      'trimtab.degraded': false,
      ratio: 0.25,
    },
    links: [],
    failed: false,
  },
  {
    name: 'ship',
    kind: 'client',
    context: { traceId, spanId: '1000000000000001', isSampled: true, state: '' },
    startMs: 1796000001000,
    endMs: 1796000002000,
    attributes: {},
    links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true, state: '' }],
    failed: true,
  },
];

/** What both encodings may leave out, as it is the default of its field, and a number of 64 bits as a text or a number. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([name, one]) =>
          !/^dropped|^flags$|^events$/.test(name) &&
          !(name === 'code' && one === 0) &&
          !(Array.isArray(one) && one.length === 0),
      )
      .map(([name, one]) => [name, name === 'intValue' ? Number(one) : plain(one)]),
  );
};

test('spans are written as the serializer of OpenTelemetry writes the same ones', () => {
  const theirs = readFileSync(new URL('./otlp-transformer-0.223.1.json', import.meta.url), 'utf8');
  const own = otlpJson(SPANS, { 'service.name': 'trimtab-edge' });
  expect(plain(JSON.parse(own))).toEqual(plain(JSON.parse(theirs)));
});

test('a span that ends before it began, as where a clock was put back, takes no time', () => {
  const [span] = SPANS;
  const text = otlpJson([{ ...span, startMs: 2000, endMs: 1000 }], {});
  expect(text).toContain('"endTimeUnixNano":"2000000000"');
});

test('as many traces begin as are to be sampled, and who says whether theirs is has it so', () => {
  const parent = { traceId, spanId: '1'.repeat(16), state: 'a=b' };
  const none = new Spans(0, 10, Date.now, random);
  const all = new Spans(1, 10, Date.now, random);
  for (let i = 0; i < 100; i++) {
    expect(none.begin('one', 'server', undefined)).toBeUndefined();
    expect(all.begin('one', 'server', undefined)).toBeDefined();
    expect(all.begin('one', 'server', { ...parent, isSampled: false })).toBeUndefined();
  }
  const span = none.begin('one', 'server', { ...parent, isSampled: true })!;
  expect(span.context).toMatchObject({ traceId, isSampled: true, state: 'a=b' });
  expect(span.context.spanId).not.toBe(parent.spanId);
  span.child('two').end();
  span.end();
  const [two, one] = none.take();
  expect(one).toMatchObject({ name: 'one', parentId: parent.spanId });
  expect(two).toMatchObject({ name: 'two', parentId: one.context.spanId });
});

test('ids are of their length, and no two are alike', () => {
  const spans = new Spans(1, 10, Date.now, random);
  const roots = Array.from({ length: 1000 }, () => spans.root('one', 'internal').context);
  for (const { traceId: trace, spanId } of roots) {
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
  }
  expect(new Set(roots.map((one) => one.traceId)).size).toBe(1000);
});

test('what nobody takes is dropped, and all that is dropped is counted', async () => {
  const spans = new Spans(1, 3, Date.now, random);
  const statuses = [200, 503, 0];
  const bodies: string[] = [];
  const sending = new TraceExport(spans, {}, async (body) => {
    bodies.push(body);
    const status = statuses.shift()!;
    if (status === 0) throw new Error('nobody answers');
    return status;
  });
  const end = (times: number) => {
    for (let i = 0; i < times; i++) spans.root(`span ${i}`, 'internal').end();
  };
  await sending.flush();
  end(5);
  expect(spans.dropped).toBe(2);
  await sending.flush();
  expect([sending.exported, spans.dropped]).toEqual([3, 2]);
  end(2);
  await sending.flush();
  end(1);
  await sending.flush();
  expect([sending.exported, spans.dropped, spans.take().length]).toEqual([3, 5, 0]);
  expect(bodies).toHaveLength(3);
});

test('headers are read as OpenTelemetry writes them', () => {
  expect(readOtlpHeaders('')).toEqual({});
  expect(readOtlpHeaders('Authorization=Basic%20abc%3D%3D, x-team = shop ,')).toEqual({
    authorization: 'Basic abc==',
    'x-team': 'shop',
  });
  for (const text of ['no-value', '=value', 'a b=c', 'a=b c', 'a=%zz'])
    expect(readOtlpHeaders(text)).toBeUndefined();
});
