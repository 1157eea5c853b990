import { beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import type { OPENAPI } from '../../../edge/http/openapi.ts';
import { coldIsolate, PUBLISHABLE, type Isolate } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { openTrips } from '../support/trips.ts';

type Document = typeof OPENAPI;
type Operation = {
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: { readonly 'application/json': Content } };
  readonly responses: Readonly<
    Record<string, { readonly content: { readonly 'application/json': Content } }>
  >;
};
interface Content {
  readonly schema: object;
  readonly example?: unknown;
}

let isolate: Isolate;
let document: Document;

beforeAll(async () => {
  await publishItems(openTrips(5));
  await publishScorer('v000001');
  isolate = coldIsolate();
  // No key: whoever writes a client reads it first.
  document = await (await isolate.fetch('/openapi.json')).json();
});

const operation = (path: string, method: 'get' | 'post'): Operation =>
  (document.paths as unknown as Record<string, Record<string, Operation>>)[path][method];

/** With what it refers to, as a validator of JSON Schema takes it. */
function validator(schema: object) {
  const within = JSON.parse(
    JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    ),
  ) as Parameters<typeof z.fromJSONSchema>[0];
  return z.fromJSONSchema(within);
}
const fits = (schema: object, value: unknown) => validator(schema).parse(value);

/** Paths of an answer that its schema does not describe: `items[].colour`. Objects that are described by no properties hold anything. */
function undescribed(given: object, value: unknown, path = ''): string[] {
  const { $ref, anyOf, properties, items } = given as {
    $ref?: string;
    anyOf?: object[];
    properties?: Record<string, object>;
    items?: object;
  };
  if ($ref !== undefined) {
    const schemas = document.components.schemas as Readonly<Record<string, object>>;
    return undescribed(schemas[$ref.split('/').at(-1)!], value, path);
  }
  if (anyOf !== undefined)
    return anyOf
      .map((one) => undescribed(one, value, path))
      .toSorted((a, b) => a.length - b.length)[0];
  if (Array.isArray(value))
    return items === undefined ? [] : value.flatMap((one) => undescribed(items, one, `${path}[]`));
  if (typeof value !== 'object' || value === null || properties === undefined) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    Object.hasOwn(properties, name)
      ? undescribed(properties[name], one, `${path}.${name}`)
      : [`${path}.${name}`],
  );
}

const bodyOf = (path: string) => operation(path, 'post').requestBody!.content['application/json'];
const answerOf = (path: string, method: 'get' | 'post', status: number) =>
  operation(path, method).responses[status].content['application/json'].schema;

async function ask(path: string, body: unknown, key: string | undefined = PUBLISHABLE) {
  const response = await isolate.fetch(path, { key, body });
  return { status: response.status, body: await response.json<Record<string, unknown>>() };
}

test('it is there for everybody, and says what it is', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Trimtab edge' } });
});

test('the example of a ranking is one, and so is its answer', async () => {
  const { schema, example } = bodyOf('/v1/rank');
  fits(schema, example);
  const { status, body } = await ask('/v1/rank', example);
  expect(status).toBe(200);
  fits(answerOf('/v1/rank', 'post', 200), body);
  expect(body).toMatchObject({ items: [{ position: 1, reasons: expect.any(Array) }, {}, {}] });
});

test('every field of every answer is described', async () => {
  const whole = {
    sessionId: 'all',
    preferences: { themes: ['hiking'], colour: 'red' },
    filters: { all: [{ column: 'price', to: 1e6 }, { not: { column: 'status', in: ['full'] } }] },
    exclude: ['nothing'],
    limit: 2,
    explain: true,
  };
  const ranked = await ask('/v1/rank', whole);
  expect(ranked.body).toMatchObject({
    filters: { removed: [{ path: 'filters.all[0]' }, {}, { path: 'exclude' }, {}] },
    warnings: expect.any(Array),
  });
  const answers: [path: string, method: 'get' | 'post', status: number, body: unknown][] = [
    ['/v1/rank', 'post', 200, ranked.body],
    ['/v1/rank/batch', 'post', 200, (await ask('/v1/rank/batch', { requests: [whole, {}] })).body],
    ['/v1/events', 'post', 202, (await ask('/v1/events', { sentAt: 1.7e12, events: [{}] })).body],
    ['/v1/forget', 'post', 202, (await ask('/v1/forget', { tokens: ['x'] })).body],
    ['/v1/health', 'get', 200, await (await isolate.fetch('/v1/health')).json()],
    ['/v1/version', 'get', 200, await (await isolate.fetch('/v1/version')).json()],
  ];
  for (const [path, method, status, body] of answers) {
    const schema = answerOf(path, method, status);
    fits(schema, body);
    expect({ path, missing: undescribed(schema, body) }).toEqual({ path, missing: [] });
  }
});

test('the example of a batch is one, and so is its answer', async () => {
  const { schema, example } = bodyOf('/v1/rank/batch');
  fits(schema, example);
  const { status, body } = await ask('/v1/rank/batch', example);
  expect(status).toBe(200);
  fits(answerOf('/v1/rank/batch', 'post', 200), body);
  expect(body).toMatchObject({ answers: [{ status: 200 }, { status: 200 }] });
});

test('the example of events is taken with the ids and the token of a ranking', async () => {
  const { body: ranked } = await ask('/v1/rank', bodyOf('/v1/rank').example);
  const { rankingId, token, items } = ranked as {
    rankingId: string;
    token: string;
    items: { id: string }[];
  };
  const { schema, example } = bodyOf('/v1/events');
  fits(schema, example);
  const [click] = example as object[];
  const timestamp = new Date().toISOString();
  const own = [{ ...click, rankingId, token, itemId: items[0].id, timestamp }];
  for (const sent of [own, { sentAt: Date.now(), events: own }]) fits(schema, sent);
  const { status, body } = await ask('/v1/events', own);
  expect([status, body]).toEqual([202, { accepted: 1, duplicates: 0, rejected: [] }]);
  fits(answerOf('/v1/events', 'post', 202), body);
  const again = await ask('/v1/events', [...own, { ...own[0], eventId: 'b', type: 'clik' }]);
  expect(again.body).toMatchObject({ accepted: 0, duplicates: 1, rejected: [{ index: 1 }] });
  fits(answerOf('/v1/events', 'post', 202), again.body);
});

test('what is asked without a body answers as it says', async () => {
  for (const path of ['/v1/health', '/v1/version']) {
    const response = await isolate.fetch(path);
    expect(response.status).toBe(200);
    expect(operation(path, 'get').security).toEqual([]);
    fits(answerOf(path, 'get', 200), await response.json());
  }
});

test('what needs a key is refused without one, by a problem as it is described', async () => {
  for (const path of ['/v1/rank', '/v1/rank/batch', '/v1/events', '/v1/forget']) {
    const { status, body } = await ask(path, bodyOf(path).example, '');
    expect(status, path).toBe(401);
    fits({ $ref: '#/components/schemas/Problem' }, body);
  }
});

describe('every field that is described is read', () => {
  it.each([
    ['RankRequest', '/v1/rank'],
    ['Event', '/v1/events'],
  ] as const)('of %s', async (name, path) => {
    const { body: ranked } = await ask('/v1/rank', { sessionId: 's', limit: 1 });
    const { rankingId, token, items } = ranked as {
      rankingId: string;
      token: string;
      items: { id: string }[];
    };
    const click = { eventId: 'c', type: 'click', itemId: items[0].id, timestamp: Date.now() };
    const whole = { RankRequest: { sessionId: 's' }, Event: { ...click, rankingId, token } }[name];
    for (const field of Object.keys(document.components.schemas[name].properties)) {
      // Nearly the name of a known field: it is refused for being known.
      const misspelt = `${field}${field.at(-1)!}`;
      const one = { ...whole, [misspelt]: 1 };
      const { body } = await ask(path, name === 'Event' ? [one] : one);
      const message =
        name === 'Event' ? (body.rejected as { message: string }[])[0]?.message : body.message;
      expect(message, misspelt).toContain(`"${field}"`);
    }
  });
});

describe('what the description refuses, the edge refuses', () => {
  it.each<[string, object]>([
    ['a limit of none', { limit: 0 }],
    ['a limit that is too high', { limit: 101 }],
    ['a consent that there is not', { consent: 'all' }],
    ['a preference that is an object of something else', { preferences: { budget: { most: 1 } } }],
    ['a context that holds a list', { context: { device: ['mobile'] } }],
    ['candidates that are none', { candidates: [] }],
    ['a candidate without an id', { candidates: [{ price: 1 }] }],
    ['an explanation that is a text', { explain: 'yes' }],
    ['a filter without a condition', { filters: { column: 'price', most: 5 } }],
    ['a filter joined by nothing', { filters: { all: [] } }],
    ['exclusions that are one text', { exclude: 'trip-1' }],
    ['a placement in capitals', { placement: 'Main' }],
  ])('%s', async (_, change) => {
    const body = { sessionId: 's', ...change };
    const { schema } = bodyOf('/v1/rank');
    expect(validator(schema).safeParse(body).success).toBe(false);
    expect((await ask('/v1/rank', body)).status).toBe(400);
  });
});
