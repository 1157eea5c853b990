import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../../backend/http/app.ts';
import type { Services } from '../../../backend/http/contract/services.ts';
import { NO_TRACING } from '../../../backend/process/tracing.ts';
import { SCOPE_OF_ROUTE } from '../../../backend/http/scope-of-route.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';

const AT = Date.UTC(2026, 10, 1);
const outcome = { outcomeId: 'o', userId: 'u', metric: 'm', value: 1, at: AT };

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

test.each<[string, string, string, unknown, number, RegExp]>([
  ['an unknown path', 'GET', '/v1/nothing', undefined, 404, /there is no GET \/v1\/nothing/],
  ['malformed JSON', 'POST', '/v1/train', '{"parent": ', 400, /Malformed JSON/],
  ['no body', 'POST', '/v1/weights', undefined, 400, /json/],
  ['a training field that does not exist', 'POST', '/v1/train', { epochs: 3 }, 400, /epochs/],
  ['a training window that is text', 'POST', '/v1/train', { from: 'monday' }, 400, /json from: /],
  ['training from an unknown version', 'POST', '/v1/train', { parent: 'v777777' }, 404, /v777777/],
  [
    'training under an unknown schema',
    'POST',
    '/v1/train',
    { schema: 'boats' },
    404,
    /no version has schema "boats"/,
  ],
  [
    'training from a version of another schema',
    'POST',
    '/v1/train',
    { parent: 'v000000', schema: 'boats' },
    409,
    /has schema smarttrip/,
  ],
  [
    'weights for a feature that does not exist',
    'POST',
    '/v1/weights',
    { name: 'x', points: { luck: [1] } },
    400,
    /no feature "luck"/,
  ],
  [
    'more points than buckets',
    'POST',
    '/v1/weights',
    { name: 'x', points: { base: [1, 2, 3] } },
    400,
    /feature base has 2 buckets/,
  ],
  [
    'points that are no numbers',
    'POST',
    '/v1/weights',
    { name: 'x', points: { base: ['1'] } },
    400,
    /points.base/,
  ],
  [
    'points beyond the range',
    'POST',
    '/v1/weights',
    { name: 'x', points: { base: [0, 1e9] } },
    400,
    /between -2048 and 2048/,
  ],
  [
    'learned crosses, which this edge does not say that it reads',
    'POST',
    '/v1/weights',
    {
      name: 'x',
      points: {},
      crosses: [{ features: ['difficulty', 'status'], points: [[1]] }],
    },
    409,
    /upgrade the Worker first/,
  ],
  [
    'an exploration that explores less than not',
    'POST',
    '/v1/weights',
    { name: 'x', points: {}, exploration: { epsilon: -1 } },
    400,
    /epsilon must be 0 to 1/,
  ],
  [
    'a schema that is none',
    'POST',
    '/v1/weights',
    { name: 'x', points: {}, schema: { name: 'Boats' } },
    400,
    /name must be lower-case/,
  ],
  [
    'an unknown version',
    'GET',
    '/v1/weights/v777777',
    undefined,
    404,
    /"trimtab weights" lists them/,
  ],
  ['a version that is none', 'GET', '/v1/weights/latest', undefined, 400, /must look like v000041/],
  ['an unknown run', 'GET', '/v1/runs/run_7', undefined, 404, /there is no run run_7/],
  ...(['many', '0x10', '1e1', '%205', '-1', '0', '1001', '', '9007199254740993'] as const).map(
    (limit): [string, string, string, unknown, number, RegExp] => [
      `a limit of "${limit}"`,
      'GET',
      `/v1/items?limit=${limit}`,
      undefined,
      400,
      new RegExp(
        `query limit: must be a whole number from 1 to 1000, but was "${decodeURIComponent(limit)}"`,
      ),
    ],
  ),
  ...(
    [
      ['items?limt=3', 'limit'],
      ['audit?since=2027-05-06', undefined],
      ['alerts?form=2027-05-06', undefined],
      ['runs?limits=3', 'limit'],
      ['rollouts?Limit=3', 'limit'],
      ['clicks?frm=0', 'from'],
      ['data/quality?shema=x', 'schema'],
    ] as const
  ).map(([query, meant]): [string, string, string, unknown, number, RegExp] => [
    `a misspelt parameter of ${query}`,
    'GET',
    `/v1/${query}`,
    undefined,
    400,
    meant === undefined
      ? /query: there is no "\w+": known are /
      : new RegExp(`did you mean "${meant}"`),
  ]),
  [
    'a version that is none, shown as it came',
    'GET',
    '/v1/weights/v1',
    undefined,
    400,
    /must look like v000041, but was "v1"/,
  ],
  [
    'a body in Latin-1',
    'PUT',
    '/v1/items',
    Buffer.from('[{"id":"caf\xe9"}]', 'latin1'),
    400,
    /its bytes are not UTF-8/,
  ],
  ...(
    [
      ['PUT', '/v1/items', (deep: string) => `[{"id":${deep}}]`],
      ['POST', '/v1/outcomes', (deep: string) => `[${deep}]`],
      ['POST', '/v1/weights', (deep: string) => `{"name":"x","points":{},"schema":${deep}}`],
    ] as const
  ).flatMap(([method, path, body]) =>
    [900, 6000, 100_000].map((depth): [string, string, string, unknown, number, RegExp] => [
      `${depth} levels in ${path}`,
      method,
      path,
      body('['.repeat(depth) + ']'.repeat(depth)),
      400,
      depth > 1000 ? /must not be nested more than 1000 levels deep/ : /\w/,
    ]),
  ),
  [
    'an outcome of nobody',
    'POST',
    '/v1/outcomes',
    [{ outcomeId: 'o', metric: 'm', value: 1, at: AT }],
    400,
    /sessionId or a userId/,
  ],
  [
    'an outcome that is not a number',
    'POST',
    '/v1/outcomes',
    '[{"outcomeId":"o","userId":"u","metric":"m","value":1e999,"at":1795884220000}]',
    400,
    /value/,
  ],
  ...(
    [
      [{ ...outcome, at: AT / 1000 }, /seconds since 1970: give milliseconds, 1793491200000/],
      [{ ...outcome, at: AT * 1000 }, /microseconds since 1970/],
      [{ ...outcome, at: 'soon' }, /at must be an ISO date/],
      [
        { ...outcome, at: null },
        /0\.at: at must be an ISO date or epoch milliseconds, but was null/,
      ],
      [{ ...outcome, at: '0095-05-06' }, /it must lie from 1990 to 2099/],
      [{ ...outcome, value: '1' }, /0\.value: .*number.*, but was "1"/],
      [{ ...outcome, outcomeId: 'a b' }, /0\.outcomeId: must be 1 to 128 .*, but was "a b"/],
      [{ ...outcome, userId: 'a\u200bb' }, /0\.userId: userId must be .* holds U\+200B/],
      [{ ...outcome, sesionId: 's' }, /there is no "sesionId": did you mean "sessionId"\?/],
      [{ ...outcome, colour: 'red' }, /there is no "colour": known are outcomeId, sessionId/],
      [{ ...outcome, userId: '..' }, /userId must not be ".."/],
    ] as const
  ).map(([one, message]): [string, string, string, unknown, number, RegExp] => [
    `the outcome ${JSON.stringify(one)}`,
    'POST',
    '/v1/outcomes',
    [one],
    400,
    message,
  ]),
  ...['seconds', 'microseconds'].flatMap((unit) => {
    const at = unit === 'seconds' ? AT / 1000 : AT * 1000;
    const message = new RegExp(`would be ${unit} since 1970`);
    return [
      ['GET', `/v1/clicks?from=${at}`, undefined],
      ['GET', `/v1/clicks?to=${at}`, undefined],
      ['GET', `/v1/data/quality?from=${at}`, undefined],
      ['GET', `/v1/data/quality?to=${at}`, undefined],
      ['GET', `/v1/alerts?since=${at}`, undefined],
      ['POST', '/v1/train', { from: at }],
      ['POST', '/v1/compare', { to: at }],
      ['POST', '/v1/weights/v000000/evaluate', { from: at }],
      [
        'PUT',
        '/v1/metric-weights/smarttrip',
        { weights: { click: 1 }, author: 'a', reason: 'r', expiresAt: at },
      ],
    ].map(([method, path, body]): [string, string, string, unknown, number, RegExp] => [
      `${method as string} ${path as string} in ${unit} (${JSON.stringify(body)})`,
      method as string,
      path as string,
      body,
      400,
      message,
    ]);
  }),
  [
    'a training field that is misspelt',
    'POST',
    '/v1/train',
    { parnet: 'v000000' },
    400,
    /did you mean "parent"/,
  ],
  [
    'a reward for a metric that there is not',
    'POST',
    '/v1/schema',
    { schema: { ...smarttrip, training: { ...smarttrip.training, reward: { clicks: 1 } } } },
    400,
    /there is no metric "clicks": did you mean "click"\?/,
  ],
  ['an outcome of 10 MB', 'POST', '/v1/outcomes', `["${'x'.repeat(10_000_000)}"]`, 413, /in parts/],
  ['a user id with spaces', 'DELETE', '/v1/users/a%20b', undefined, 400, /id: must be 1 to 128/],
  [
    'a metric that does not exist',
    'PUT',
    '/v1/metric-weights/smarttrip',
    { weights: { joy: 1 }, author: 'a', reason: 'r' },
    400,
    /no metric "joy"/,
  ],
  [
    'metric weights of an experiment that there is not',
    'PUT',
    '/v1/metric-weights/smarttrip',
    { weights: { click: 1 }, author: 'a', reason: 'r', experimentId: 'exp_9' },
    404,
    /there is no experiment exp_9/,
  ],
  [
    'the withdrawal of metric weights that nobody set',
    'POST',
    '/v1/metric-weights/smarttrip/withdraw',
    { author: 'a', reason: 'r', id: 7 },
    404,
    /no override 7 of smarttrip is in force/,
  ],
  [
    'metric weights to be learned for no long-term value',
    'POST',
    '/v1/metric-weights/smarttrip/learn',
    undefined,
    409,
    /put metricWeights: .* into trimtab\.config\.ts/,
  ],
  [
    'a row of metric weights whose id is no number',
    'GET',
    '/v1/metric-weights/smarttrip/versions/x',
    undefined,
    400,
    /param id/,
  ],
  [
    'metric weights for an unknown schema',
    'GET',
    '/v1/metric-weights/boats',
    undefined,
    404,
    /boats/,
  ],
  [
    'an experiment with one arm',
    'POST',
    '/v1/experiments',
    { name: 'x', arms: [{ name: 'a', weight: 1 }] },
    400,
    /two arms/,
  ],
  [
    'an experiment whose arms are an object',
    'POST',
    '/v1/experiments',
    { name: 'x', arms: { a: 1 } },
    400,
    /arms/,
  ],
  ['the start of an unknown experiment', 'POST', '/v1/experiments/exp_7/start', {}, 404, /exp_7/],
  [
    'the stop of an unknown experiment',
    'POST',
    '/v1/experiments/exp_7/stop',
    undefined,
    404,
    /exp_7/,
  ],
  ['an unknown experiment', 'GET', '/v1/experiments/exp_7', undefined, 404, /exp_7/],
])('%s is a clear refusal', async (_, method, path, body, status, message) => {
  const answer = await backend.call(method, path, body);
  expect(answer).toMatchObject({
    status,
    body: { code: expect.any(String), message: expect.stringMatching(message) },
  });
  expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.ts|node_modules/);
});

test('what nobody foresaw is a 500 that tells nothing, and a log line that tells all', async () => {
  const logged: string[] = [];
  const broken = new Proxy({} as Services, {
    get: (_, name) => {
      if (name === 'log') return (message: string) => logged.push(message);
      if (name === 'secretKeys') return ['sk'];
      if (name === 'tracing') return NO_TRACING;
      return () => Promise.reject(new Error('disk on fire'));
    },
  });
  const response = await createApp(broken).request('/health/ready');
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    code: 'internal',
    message: expect.stringMatching(/the log of the backend/),
  });
  expect(logged).toEqual([
    expect.stringMatching(/GET \/health\/ready: Error: disk on fire\n {4}at /),
  ]);
});

test('every route is described, with its errors', async () => {
  const { body } = await backend.call('GET', '/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining(['/v1/items', '/v1/ingest', '/v1/weights/{version}/promote']),
  );
  expect(body.paths['/v1/train'].post.responses.default.content['application/json'].schema).toEqual(
    { $ref: '#/components/schemas/Problem' },
  );
});

test('every route stands under its topic, with the scope that it needs, or says that it needs none', async () => {
  const { body } = await backend.call('GET', '/openapi.json');
  const topics = body.tags.map(({ name }: { name: string }) => name);
  const open: string[] = [];
  for (const [path, methods] of Object.entries(body.paths as Paths))
    for (const [method, { tags = [], description, security }] of Object.entries(methods)) {
      const route = `${method.toUpperCase()} ${path}`;
      expect({ route, tags }).toEqual({ route, tags: [expect.toBeOneOf(topics)] });
      if (security !== undefined) open.push(route);
      else expect({ route, description }).toEqual({ route, description: scopeText(route) });
    }
  expect(open.toSorted()).toEqual([
    'GET /health/live',
    'GET /health/ready',
    'POST /v1/ingest',
    'POST /v1/items/changes',
  ]);
});

type Paths = Record<
  string,
  Record<string, { tags?: string[]; description?: string; security?: unknown[] }>
>;

const scopeText = (route: string) =>
  `A key by name needs the scope \`${SCOPE_OF_ROUTE.get(route)}\`.`;
