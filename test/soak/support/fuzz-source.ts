import { ingestBatchToBytes } from '../../../shared/format/ingest-bytes.ts';
import { batchOf } from '../../backend/support/batches.ts';
import { rankBodies } from '../../bench/support/rank-bodies.ts';
import type { Ask } from '../../support/http.ts';
import { call, clickOn, rank, type Ranking } from '../../support/client.ts';
import type { System } from '../../support/system.ts';
import { BACKEND, EDGE_ADMIN } from '../../system/bad-input/admin-requests.ts';
import { BATCHES, EVENTS, RANK, type BadRequest } from '../../system/bad-input/requests.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import { mutatedBytes, mutatedJson, ODD_TEXTS, pick, type Random } from './mutate.ts';
import { sampleOf, type Components, type JsonSchema } from './sample-schema.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: readonly { readonly name: string; readonly schema: JsonSchema }[];
  readonly body?: JsonSchema;
}

/** What requests are made of. */
export interface FuzzSource {
  readonly operations: readonly Operation[];
  readonly components: Components;
  /** One that the edge has answered, whose token fits. */
  readonly ranking: Ranking;
  readonly bodies: readonly Record<string, unknown>[];
}

/** These compute for long, so few of them are asked for. */
const COSTLY = /train|compare|evaluat|backtest|learn|verify|replay/;
const COSTLY_SHARE = 0.03;
/** Tables of bad requests hold a few bodies of 10 MB; more than this goes only now and then. */
const LARGE = 1_000_000;
const LARGE_SHARE = 0.02;

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components?: { readonly schemas?: Components };
}
interface DescribedOperation {
  readonly parameters?: readonly { name: string; in: string; schema?: JsonSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema?: JsonSchema }>> };
}

export async function fuzzSource(system: System, seed: number): Promise<FuzzSource> {
  const { paths, components } = await call<Described>(system, 'GET', '/openapi.json');
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      query: parameters
        .filter((one) => one.in === 'query')
        .map(({ name, schema = {} }) => ({ name, schema })),
      body: requestBody?.content['application/json']?.schema,
    })),
  );
  return {
    operations,
    components: components?.schemas ?? {},
    ranking: await rank(system, { sessionId: 'fuzz', limit: 8 }),
    bodies: rankBodies(50, seed),
  };
}

/** The next request: one kind out of all, mostly with what it needs to come far, and changed here and there. */
export function fuzzRequest(random: Random, source: FuzzSource): FuzzRequest {
  const kinds = [ranked, ranked, events, events, edgeOther, tabled, tabled, ingested];
  const made = random() < 0.5 ? described(random, source) : pick(random, kinds)(random, source);
  return withOddHeaders(random, withOddPath(random, made));
}

const JSON_TYPE = { 'content-type': 'application/json' };

function ranked(random: Random, { bodies, ranking }: FuzzSource): FuzzRequest {
  const body = pick(random, bodies);
  const recent = ranking.items.map(({ id }) => ({ itemId: id, type: 'click', at: Date.now() }));
  const candidates = ranking.items.map(({ id }) => ({ id, price: 100 * random() }));
  const more = pick(random, [
    {},
    { recent },
    { candidates },
    { userId: 'u', context: { device: 'phone', hour: 3 }, explain: true },
  ]);
  const isBatch = random() < 0.2;
  const asked = { ...body, ...more };
  return {
    to: 'edge',
    method: 'POST',
    path: isBatch ? '/v1/rank/batch' : '/v1/rank',
    key: 'secret',
    headers: {
      ...JSON_TYPE,
      ...(random() < 0.1 && {
        'x-trimtab-version': pick(random, ['v000000', 'v000001', 'v000999', 'latest', '__proto__']),
      }),
    },
    body: mutatedJson(random, isBatch ? { requests: [asked, body] } : asked),
  };
}

const TYPES = ['click', 'dwell', 'save', 'scroll_depth', 'booking', 'payment', 'pointer_activity'];

function events(random: Random, { ranking }: FuzzSource): FuzzRequest {
  const body = Array.from({ length: 1 + Math.floor(3 * random()) }, () => ({
    ...clickOn(ranking, pick(random, ranking.items).id),
    type: pick(random, TYPES),
    value: random(),
    properties: { cells: [[1, 2, 3]], note: 'x' },
  }));
  return {
    to: 'edge',
    method: 'POST',
    path: '/v1/events',
    key: 'publishable',
    headers: JSON_TYPE,
    body: mutatedJson(random, body),
  };
}

/** KV is written only beside what serves: an operator who writes there means it, and tests of damage do. */
function edgeOther(random: Random): FuzzRequest {
  const deltas = { baseVersion: 'v000000', deltas: [{ feature: 'base', bucket: 1, points: 0.1 }] };
  const [method, path, body] = pick<readonly [string, string, unknown?]>(random, [
    ['GET', '/v1/version'],
    ['GET', '/v1/health'],
    ['OPTIONS', '/v1/rank'],
    ['POST', '/v1/live/deltas', deltas],
    ['GET', `/v1/kv/WEIGHTS/${encodeURIComponent(pick(random, PATH_TEXTS))}`],
    ['GET', `/v1/kv/CATALOGUE/${encodeURIComponent(pick(random, PATH_TEXTS))}`],
    ['PUT', `/v1/kv/WEIGHTS/x/${encodeURIComponent(pick(random, PATH_TEXTS))}`, { a: 1 }],
    ['DELETE', `/v1/kv/WEIGHTS/x/${encodeURIComponent(pick(random, PATH_TEXTS))}`],
  ]);
  return {
    to: 'edge',
    method,
    path,
    key: 'secret',
    headers: {
      ...JSON_TYPE,
      ...(random() < 0.2 && {
        'x-trimtab-metadata': pick(random, ['{', '[1]', 'null', '{"a":1}']),
      }),
    },
    ...(body !== undefined && { body: mutatedJson(random, body) }),
  };
}

/** Those that a path can hold. */
const PATH_TEXTS = ODD_TEXTS.filter((text) => text.isWellFormed() && text.length < 400);

/** A batch under a true signature, whole or damaged. */
function ingested(random: Random): FuzzRequest {
  const bytes = ingestBatchToBytes(batchOf(`fuzz-${Math.floor(1e9 * random())}`, 3));
  return {
    to: 'backend',
    method: 'POST',
    path: '/v1/ingest',
    key: 'ingest',
    headers: { 'content-type': 'application/octet-stream' },
    body: random() < 0.2 ? bytes : mutatedBytes(random, bytes),
  };
}

const TABLES: readonly (readonly ['edge' | 'backend', readonly BadRequest[]])[] = [
  ['edge', [...RANK, ...BATCHES, ...EVENTS, ...EDGE_ADMIN]],
  ['backend', BACKEND],
];

/** What the suite of bad requests sends, changed further. */
function tabled(random: Random): FuzzRequest {
  const [to, table] = pick(random, TABLES);
  const [route, , { body, headers }] = pick(random, table);
  const [method, path] = route.split(' ');
  if (COSTLY.test(path) && random() > COSTLY_SHARE) return tabled(random);
  const bytes = body === undefined ? undefined : bytesOf(random, body);
  if (bytes !== undefined && bytes.length > LARGE && random() > LARGE_SHARE) return tabled(random);
  return {
    to,
    method,
    path,
    key: 'secret',
    headers: { ...JSON_TYPE, ...headers },
    ...(bytes && { body: bytes }),
  };
}

function bytesOf(random: Random, body: Ask['body']): Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return mutatedBytes(random, new TextEncoder().encode(body));
  return mutatedJson(random, body);
}

const IDS = [
  'v000000',
  'v000001',
  'v000999',
  'smarttrip',
  'trip-00001',
  '2026-11',
  '2026-11-28',
  'none',
  '1',
  '-1',
  '1e9',
];

/** A request that /openapi.json describes. */
function described(random: Random, source: FuzzSource): FuzzRequest {
  const { operations, components } = source;
  const { method, path, query, body } = pick(random, operations);
  if (COSTLY.test(path) && random() > COSTLY_SHARE) return described(random, source);
  const filled = path.replaceAll(/\{\w+\}/g, () =>
    encodeURIComponent(pick(random, random() < 0.7 ? IDS : PATH_TEXTS)),
  );
  const asked = query
    .filter(() => random() < 0.5)
    .map(({ name, schema }) => {
      const value =
        random() < 0.6 ? sampleOf(random, schema, components) : pick(random, PATH_TEXTS);
      return `${name}=${encodeURIComponent(String(value).toWellFormed().slice(0, 500))}`;
    });
  const value = body && sampleOf(random, body, components);
  const json =
    random() < 0.4 && value !== undefined ? textBytes(value) : mutatedJson(random, value);
  return {
    to: 'backend',
    method,
    path: asked.length > 0 ? `${filled}?${asked.join('&')}` : filled,
    key: 'secret',
    headers: JSON_TYPE,
    ...(method !== 'GET' && { body: json }),
  };
}

const textBytes = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(value));

function withOddPath(random: Random, made: FuzzRequest): FuzzRequest {
  if (random() > 0.04) return made;
  const tail = pick(random, [
    '/',
    '//',
    '/x',
    '?',
    '?a=1&a=2',
    '/%00',
    '/..%2f..',
    '%ff',
    '/%2e%2e',
    '#',
  ]);
  return { ...made, path: made.path + tail };
}

const ODD_HEADERS: readonly Record<string, string>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': '' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-encoding': 'gzip' },
  { 'x-trimtab-actor': '<b>ana</b>' },
  { 'x-forwarded-for': '::1, 10.0.0.1' },
  { origin: 'null' },
  { origin: 'https://shop.example' },
  { 'idempotency-key': 'x'.repeat(2000) },
  { cookie: 'a=b; '.repeat(500) },
  { accept: 'text/html' },
  { range: 'bytes=0-3' },
  { 'if-none-match': '*' },
  { authorization: 'Basic YTpi' },
];

function withOddHeaders(random: Random, made: FuzzRequest): FuzzRequest {
  const key = random() < 0.06 ? pick(random, ['none', 'wrong', 'publishable'] as const) : made.key;
  const odd = random() < 0.06 ? pick(random, ODD_HEADERS) : {};
  return { ...made, key, headers: { ...made.headers, ...odd } };
}
