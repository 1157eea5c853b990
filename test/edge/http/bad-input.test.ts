import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { coldIsolate, PUBLISHABLE, SECRET, type Ask, type Isolate } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { openTrips } from '../support/trips.ts';

let isolate: Isolate;

beforeAll(async () => {
  await publishItems(openTrips(3));
  await publishScorer('v000001');
  isolate = coldIsolate();
});

afterEach(() => vi.restoreAllMocks());

const ok = { sessionId: 's' };
const candidates = (...list: unknown[]) => ({ ...ok, candidates: list });
const long = 'x'.repeat(129);
const TEN_MB = 10 * 1024 * 1024;

/** A body whose length nobody declares. */
const stream = (sizeBytes: number) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let left = sizeBytes; left > 0; left -= 65_536)
        controller.enqueue(new Uint8Array(65_536).fill(32));
      controller.close();
    },
  });

describe('POST /v1/rank', () => {
  it.each<[string, unknown, number, string, RegExp]>([
    ['malformed JSON', '{"sessionId":', 400, 'invalid_json', /the body must be JSON/],
    ['nothing', '', 400, 'invalid_json', /the body must be JSON/],
    ['NaN', '{"sessionId":"s","limit":NaN}', 400, 'invalid_json', /JSON/],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0]), 400, 'invalid_json', /JSON/],
    [
      'Latin-1',
      new Uint8Array(Buffer.from('{"sessionId":"caf\xe9"}', 'latin1')),
      400,
      'invalid_json',
      /its bytes are not UTF-8/,
    ],
    [
      'half of a character',
      Uint8Array.from([...Buffer.from('{"sessionId":"é"}')].filter((byte) => byte !== 0xa9)),
      400,
      'invalid_json',
      /its bytes are not UTF-8/,
    ],
    [
      'a consent that is nested deeply',
      `{"sessionId":"s","consent":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      400,
      'invalid_request',
      /consent must be one of none, measure, personalise, but was /,
    ],
    ['null', null, 400, 'invalid_request', /must be a JSON object/],
    ['a list', [ok], 400, 'invalid_request', /must be a JSON object/],
    ['no session', {}, 400, 'invalid_request', /sessionId must be/],
    ['a numeric session', { sessionId: 7 }, 400, 'invalid_request', /sessionId .* was 7/],
    ['a session with a space', { sessionId: 'a b' }, 400, 'invalid_request', /without spaces/],
    ['an endless session', { sessionId: long }, 400, 'invalid_request', /1 to 128/],
    ['a limit of 0', { ...ok, limit: 0 }, 400, 'invalid_request', /limit must be .* was 0/],
    ['a limit of 101', { ...ok, limit: 101 }, 400, 'invalid_request', /1 to 100/],
    ['half a limit', { ...ok, limit: 1.5 }, 400, 'invalid_request', /limit/],
    ['explain in words', { ...ok, explain: 'yes' }, 400, 'invalid_request', /explain must be true/],
    ['preferences in a list', { ...ok, preferences: [] }, 400, 'invalid_request', /preferences/],
    [
      'a nested preference',
      { ...ok, preferences: { a: { b: 1 } } },
      400,
      'invalid_request',
      /preferences\.a/,
    ],
    [
      '65 preferences',
      { ...ok, preferences: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, 1])) },
      400,
      'invalid_request',
      /64 entries/,
    ],
    [
      'a context of lists',
      { ...ok, context: { device: ['a'] } },
      400,
      'invalid_request',
      /context\.device/,
    ],
    [
      'recent without a time',
      { ...ok, recent: [{ itemId: 'a', type: 'view' }] },
      400,
      'invalid_request',
      /recent\[0\]\.at/,
    ],
    ['no candidates', candidates(), 400, 'invalid_request', /1 to 2000 items/],
    [
      '2,001 candidates',
      candidates(...Array.from({ length: 2001 }, (_, i) => `c${i}`)),
      400,
      'invalid_request',
      /1 to 2000/,
    ],
    [
      'a candidate twice',
      candidates('a', { id: 'a' }),
      400,
      'invalid_request',
      /a is listed twice/,
    ],
    ['a candidate without an id', candidates({ price: 5 }), 400, 'invalid_request', /item id/],
    [
      'a price in words',
      candidates({ id: 'a', price: 'cheap' }),
      400,
      'invalid_request',
      /"price" must be a number/,
    ],
    [
      'a date in words',
      candidates({ id: 'a', departure: 'soon' }),
      400,
      'invalid_request',
      /"departure" must be an ISO date/,
    ],
    [
      'a nested attribute',
      candidates({ id: 'a', size: {} }),
      400,
      'invalid_request',
      /attribute "size"/,
    ],
    ['10 MB', 'x'.repeat(TEN_MB), 413, 'too_large', /may have at most 1048576 bytes/],
    [
      '10 MB of undeclared length',
      stream(TEN_MB),
      413,
      'too_large',
      /may have at most 1048576 bytes/,
    ],
  ])('refuses %s', async (_, body, status, code, message) => {
    const response = await isolate.fetch('/v1/rank', { key: PUBLISHABLE, body });
    expect([response.status, await response.json()]).toEqual([
      status,
      { code, message: expect.stringMatching(message) },
    ]);
  });

  it('takes a body of undeclared length that is small enough', async () => {
    const body = new Blob([JSON.stringify(ok)]).stream();
    expect((await isolate.fetch('/v1/rank', { key: PUBLISHABLE, body })).status).toBe(200);
  });

  it.each([
    ['unknown candidates', candidates('never-heard-of')],
    ['unknown preferences', { ...ok, preferences: { mood: 'good', themes: 7, budget: 'lots' } }],
    [
      'names of the prototype',
      JSON.parse('{"sessionId":"s","preferences":{"__proto__":1,"constructor":2}}'),
    ],
    [
      'recent items that are unknown',
      { ...ok, recent: [{ itemId: 'gone', type: 'view', at: Date.now() }] },
    ],
  ])('ranks all the same for %s', async (_, body) => {
    const response = await isolate.fetch('/v1/rank', { key: PUBLISHABLE, body });
    expect(response.status).toBe(200);
    expect((await response.json<{ items: unknown[] }>()).items.length).toBeGreaterThan(0);
  });
});

describe('every route', () => {
  it.each<[string, string, Ask, number, string]>([
    ['a path that is not there', '/v1/nothing', {}, 404, 'not_found'],
    ['the root', '/', {}, 404, 'not_found'],
    ['a method that is not there', '/v1/rank', { method: 'GET' }, 404, 'not_found'],
    [
      '10 MB of events',
      '/v1/events',
      { key: PUBLISHABLE, body: ' '.repeat(TEN_MB) },
      413,
      'too_large',
    ],
    [
      '10 MB of deltas',
      '/v1/live/deltas',
      { key: SECRET, body: ' '.repeat(TEN_MB) },
      413,
      'too_large',
    ],
    [
      '26 MB for KV',
      '/v1/kv/WEIGHTS/x',
      { key: SECRET, method: 'PUT', body: stream(26 * 1024 * 1024) },
      413,
      'too_large',
    ],
  ])('answers %s with an error to act on', async (_, path, ask, status, code) => {
    const response = await isolate.fetch(path, ask);
    expect([response.status, await response.json()]).toEqual([
      status,
      { code, message: expect.any(String) },
    ]);
  });

  it('tells nothing of its insides when something breaks that nobody foresaw', async () => {
    const errors = vi.spyOn(console, 'error').mockReturnValue();
    const LIVE_WEIGHTS = null;
    const response = await coldIsolate({ LIVE_WEIGHTS }).fetch('/v1/live/deltas', {
      key: SECRET,
      body: { baseVersion: 'v000001', deltas: [{ feature: 'base', bucket: 1, points: 1 }] },
    });
    expect([response.status, await response.json()]).toEqual([
      500,
      { code: 'internal', message: expect.not.stringMatching(/null|undefined|\.ts/) },
    ]);
    expect(errors).toHaveBeenCalledOnce();
  });
});
