import type { Problem } from './problem.ts';
import {
  asked,
  DEEP,
  ids,
  invalid,
  notJson,
  TEN_MB,
  tooLarge,
  type BadRequest,
} from './requests.ts';

/** With a secret key, at the edge. */
export const EDGE_ADMIN: readonly BadRequest[] = [
  [
    'GET /v1/nothing',
    'a route that is none',
    {},
    { status: 404, code: 'not_found', message: /no GET \/v1\/nothing/ },
  ],
  [
    'GET /v1/rank',
    'a method that is none',
    {},
    { status: 404, code: 'not_found', message: /no GET \/v1\/rank/ },
  ],
  [
    'POST /v1/rank',
    'a version that does not exist',
    { ...asked({}), headers: { 'x-trimtab-version': 'v000999' } },
    { status: 404, code: 'unknown_version', message: /v000999/ },
  ],
  [
    'POST /v1/rank',
    'a version that is none',
    { ...asked({}), headers: { 'x-trimtab-version': 'latest' } },
    invalid(/v000041/),
  ],
  [
    'GET /v1/kv/WEIGHTS/none',
    'a key that does not exist',
    {},
    { status: 404, code: 'unknown_key', message: /"none"/ },
  ],
  [
    'GET /v1/kv/SECRETS/a',
    'a namespace that does not exist',
    {},
    { status: 404, code: 'unknown_namespace', message: /WEIGHTS and CATALOGUE/ },
  ],
  [
    'PUT /v1/kv/WEIGHTS/a',
    'metadata that is not JSON',
    { body: 'a', headers: { 'x-trimtab-metadata': '{' } },
    invalid(/must be JSON/),
  ],
  [
    'PATCH /v1/kv/WEIGHTS/a',
    'a method that is none',
    { body: 'a' },
    { status: 405, code: 'method_not_allowed', message: /GET, PUT or DELETE/ },
  ],
  ['POST /v1/live/deltas', 'JSON that breaks off', { body: '{' }, notJson],
  [
    'POST /v1/live/deltas',
    'no deltas',
    { body: { baseVersion: 'v000000', deltas: [] } },
    invalid(/deltas must be a list/),
  ],
  [
    'POST /v1/live/deltas',
    'a feature that does not exist',
    { body: { baseVersion: 'v000000', deltas: [{ feature: 'luck', bucket: 1, points: 1 }] } },
    { status: 400, code: 'invalid_schema', message: /no feature "luck"/ },
  ],
  [
    'POST /v1/live/deltas',
    'a base that is not live',
    { body: { baseVersion: 'v000999', deltas: [{ feature: 'base', bucket: 1, points: 1 }] } },
    { status: 409, code: 'stale_base', message: /v000999/ },
  ],
];

const unknownVersion: Problem = { status: 404, code: 'unknown_version', message: /v000999/ };
const malformed: Problem = invalid(/JSON/);
const unknownExperiment: Problem = {
  status: 404,
  code: 'unknown_experiment',
  message: /no experiment none/,
};
const twoArms = (second: object) => [
  { name: 'a', weight: 1 },
  { name: 'b', weight: 1, ...second },
];

/** With a secret key, at the backend. */
export const BACKEND: readonly BadRequest[] = [
  [
    'GET /v1/nothing',
    'a route that is none',
    {},
    { status: 404, code: 'not_found', message: /no GET \/v1\/nothing/ },
  ],
  ['PUT /v1/items', 'JSON that breaks off', { body: '[{"id"' }, malformed],
  ['PUT /v1/items', 'NaN in the JSON', { body: '[{"id":"a","price":NaN}]' }, malformed],
  ['PUT /v1/items', 'an object', { body: {} }, invalid(/json/)],
  ['PUT /v1/items', 'null for an item', { body: [null] }, invalid(/json/)],
  ['PUT /v1/items', 'an item without an id', { body: [{ price: 1 }] }, invalid(/item id must be/)],
  [
    'PUT /v1/items',
    'a price in words',
    { body: [{ id: 'a', price: 'dear' }] },
    invalid(
      /item a: "price" must be a number, or one with the code of its currency such as "129 EUR", but was "dear"/,
    ),
  ],
  [
    'PUT /v1/items',
    'a price that is NaN as text',
    { body: [{ id: 'a', price: 'NaN' }] },
    invalid(/"price" must be a number/),
  ],
  [
    'PUT /v1/items',
    'a date that is none',
    { body: [{ id: 'a', departure: 'soon' }] },
    invalid(/"departure" must be an ISO date/),
  ],
  [
    'PUT /v1/items',
    'an attribute nested 100,000 deep',
    { body: `[{"id":"a","themes":${DEEP}}]` },
    invalid(/nested more than 1000 levels deep/),
  ],
  ['PUT /v1/items', '5,001 items', { body: ids(5001) }, invalid(/at most 5000/)],
  ['PUT /v1/items', '10 MB', { body: TEN_MB }, tooLarge],
  [
    'DELETE /v1/items/none',
    'an item that does not exist',
    {},
    { status: 404, code: 'unknown_item', message: /none/ },
  ],
  ['GET /v1/items?limit=NaN', 'a limit that is none', {}, invalid(/limit/)],
  [
    'POST /v1/outcomes',
    'an outcome of nobody',
    { body: [{ outcomeId: 'o', metric: 'revenue', value: 1, at: 1795884220000 }] },
    invalid(/sessionId or a userId/),
  ],
  ['POST /v1/outcomes', '10 MB', { body: TEN_MB }, tooLarge],
  ['POST /v1/train', 'JSON that breaks off', { body: '{' }, malformed],
  ['POST /v1/train', 'a field that does not exist', { body: { epochs: 3 } }, invalid(/epochs/)],
  ['POST /v1/train', 'a date in words', { body: { from: 'yesterday' } }, invalid(/from/)],
  [
    'POST /v1/train',
    'a parent that does not exist',
    { body: { parent: 'v000999' } },
    unknownVersion,
  ],
  [
    'POST /v1/train',
    'a schema that does not exist',
    { body: { schema: 'boats' } },
    { status: 404, code: 'unknown_schema', message: /boats/ },
  ],
  [
    'GET /v1/runs/none',
    'a run that does not exist',
    {},
    { status: 404, code: 'unknown_run', message: /none/ },
  ],
  ['GET /v1/runs?limit=-1', 'a negative limit', {}, invalid(/limit/)],
  ['GET /v1/weights/latest', 'a version that is none', {}, invalid(/v000041/)],
  ['GET /v1/weights/v000999', 'a version that does not exist', {}, unknownVersion],
  [
    'POST /v1/weights',
    'points for a feature that does not exist',
    { body: { name: 'a', points: { luck: [1] } } },
    { status: 400, code: 'invalid_weights', message: /no feature "luck"/ },
  ],
  [
    'POST /v1/weights',
    'points out of range',
    { body: { name: 'a', points: { base: [0, 1e6] } } },
    { status: 400, code: 'invalid_weights', message: /-2048 and 2048/ },
  ],
  [
    'POST /v1/weights',
    'a schema with a kind that does not exist',
    {
      body: {
        name: 'a',
        points: {},
        schema: { name: 'a', columns: [], features: [{ name: 'a', kind: 'magic' }] },
      },
    },
    { status: 400, code: 'invalid_schema', message: /no kind "magic"/ },
  ],
  ['POST /v1/weights/v000999/promote', 'a version that does not exist', {}, unknownVersion],
  ['POST /v1/weights/v000999/rollback', 'a version that does not exist', {}, unknownVersion],
  [
    'POST /v1/weights/release',
    'no hold',
    {},
    { status: 409, code: 'not_held', message: /nothing to release/ },
  ],
  [
    'PUT /v1/metric-weights/smarttrip',
    'a metric that does not exist',
    { body: { weights: { luck: 1 }, author: 'a', reason: 'b' } },
    invalid(/no metric "luck"/),
  ],
  ['POST /v1/experiments', 'JSON that breaks off', { body: '{"name"' }, malformed],
  ['POST /v1/experiments', 'no arms', { body: { name: 'a' } }, invalid(/two arms or more/)],
  [
    'POST /v1/experiments',
    'one arm',
    { body: { name: 'a', arms: [{ name: 'a', weight: 1 }] } },
    invalid(/two arms or more/),
  ],
  [
    'POST /v1/experiments',
    'a weight beyond all numbers',
    { body: '{"name":"a","arms":[{"name":"a","weight":1e999},{"name":"b","weight":1}]}' },
    invalid(/weight/),
  ],
  [
    'POST /v1/experiments',
    'an arm of a version that does not exist',
    { body: { name: 'a', arms: twoArms({ version: 'v000999' }) } },
    unknownVersion,
  ],
  [
    'POST /v1/experiments',
    'arms nested 100,000 deep',
    { body: `{"name":"a","arms":${DEEP}}` },
    invalid(/nested more than 1000 levels deep/),
  ],
  [
    'POST /v1/experiments',
    'a metric named like what every object has',
    {
      body: {
        name: 'a',
        arms: twoArms({ reward: 'fixed' }),
        metrics: [{ name: 'x', kind: 'mean', numerator: '__proto__', better: 'higher' }],
      },
    },
    invalid(/there is no column "__proto__"/),
  ],
  [
    'POST /v1/experiments',
    'NaN as text for its traffic',
    { body: { name: 'a', arms: twoArms({ reward: 'fixed' }), traffic: 'NaN' } },
    invalid(/traffic/),
  ],
  ['POST /v1/experiments', '10 MB', { body: TEN_MB }, tooLarge],
  [
    'POST /v1/experiments/size',
    'a rate of more than all',
    { body: { baseline: { kind: 'proportion', rate: 2 }, mde: 0.1 } },
    invalid(/rate/),
  ],
  [
    'POST /v1/experiments/size',
    'an effect too small for any number of units',
    { body: { baseline: { kind: 'proportion', rate: 1e-9 }, mde: 1e-300, relative: false } },
    invalid(/effect that small/),
  ],
  ['GET /v1/experiments/none', 'an experiment that does not exist', {}, unknownExperiment],
  ['POST /v1/experiments/none/start', 'JSON that breaks off', { body: '{' }, malformed],
  ['POST /v1/experiments/none/start', 'none to start', { body: {} }, unknownExperiment],
  [
    'POST /v1/experiments/none/widen',
    'traffic in words',
    { body: { traffic: 'all' } },
    invalid(/traffic/),
  ],
  ['POST /v1/experiments/none/widen', 'none to widen', { body: { traffic: 1 } }, unknownExperiment],
  [
    'POST /v1/experiments',
    'a name with a line break',
    { body: { name: 'a\nb', arms: twoArms({ reward: 'fixed' }) } },
    invalid(/name: must be one line/),
  ],
  [
    'POST /v1/experiments',
    '100,000 arms',
    { body: { name: 'a', arms: Array.from({ length: 100_000 }, () => 0) } },
    invalid(/arms/),
  ],
  [
    'POST /v1/experiments',
    '100,000 metrics',
    {
      body: {
        name: 'a',
        arms: twoArms({ reward: 'fixed' }),
        metrics: Array.from({ length: 100_000 }, () => 'conversion'),
      },
    },
    invalid(/1 to 20 metrics, not 100000/),
  ],
  [
    'POST /v1/experiments',
    'arms that weigh more than all numbers together',
    { body: { name: 'a', arms: [1, 2].map((n) => ({ name: `a${n}`, weight: 1e308 })), aa: true } },
    invalid(/weights must come to between/),
  ],
  [
    'POST /v1/experiments',
    'SQL for the name of a metric',
    {
      body: {
        name: 'a',
        arms: twoArms({ reward: 'fixed' }),
        metrics: [{ name: 'x', kind: 'mean', numerator: "outcome.a') --", better: 'higher' }],
      },
    },
    invalid(/there is no column/),
  ],
  [
    'GET /v1/experiments/..%2f..%2fetc%2fpasswd',
    'a path for an id',
    {},
    { ...unknownExperiment, message: /etc\/passwd/ },
  ],
  ['POST /v1/experiments/none/stop', 'none to stop', {}, unknownExperiment],
  [
    'PUT /v1/metric-weights/smarttrip',
    'an author who is half a character',
    { body: { weights: { click: 1 }, author: '\ud800', reason: 'b' } },
    invalid(/author: must be one line/),
  ],
  [
    'PUT /v1/metric-weights/smarttrip',
    'an end that no date can hold',
    { body: { weights: { click: 1 }, author: 'a', reason: 'b', expiresAt: 9e15 } },
    invalid(/expiresAt/),
  ],
  [
    'PUT /v1/metric-weights/smarttrip',
    'weights of an experiment that does not exist',
    { body: { weights: { click: 1 }, author: 'a', reason: 'b', experimentId: 'none' } },
    unknownExperiment,
  ],
  [
    'POST /v1/metric-weights/smarttrip/withdraw',
    'none to withdraw',
    { body: { author: 'a', reason: 'b' } },
    { status: 404, code: 'no_override', message: /no override of smarttrip/ },
  ],
  ...['', '/verify', '/units', '/backtest', '/versions/1'].map((path): BadRequest => [
    `GET /v1/metric-weights/__proto__${path}`,
    'a schema that is none',
    {},
    { status: 404, code: 'unknown_schema', message: /"__proto__"/ },
  ]),
  [
    'GET /v1/metric-weights/smarttrip/versions/9',
    'a row that does not exist',
    {},
    { status: 404, code: 'unknown_weights', message: /no metric weights 9/ },
  ],
  ['GET /v1/metric-weights/smarttrip/versions/NaN', 'a row that is none', {}, invalid(/id/)],
  [
    'POST /v1/outcomes',
    'a value beyond all sums',
    { body: [{ outcomeId: 'o', userId: 'u', metric: 'revenue', value: 1e300, at: 1795884220000 }] },
    invalid(/value/),
  ],
  [
    'POST /v1/outcomes',
    'a user who is half a character',
    {
      body: [{ outcomeId: 'o', userId: '\udc00', metric: 'revenue', value: 1, at: 1795884220000 }],
    },
    invalid(/half a surrogate pair/),
  ],
  [
    'POST /v1/rollouts',
    'a version that is none',
    { body: { version: 'latest' } },
    invalid(/v000041/),
  ],
  [
    'POST /v1/rollouts',
    'a version that does not exist',
    { body: { version: 'v000999', force: true } },
    unknownVersion,
  ],
  ...[
    'GET /v1/rollouts/none',
    'GET /v1/rollouts/none/replay',
    'POST /v1/rollouts/none/withdraw',
  ].map((route): BadRequest => [
    route,
    'a rollout that does not exist',
    {},
    { status: 404, code: 'unknown_rollout', message: /no rollout none/ },
  ]),
  ['GET /v1/rollouts?limit=1e9', 'a limit beyond all', {}, invalid(/limit/)],
  ['GET /v1/alerts?limit=0', 'no alerts', {}, invalid(/limit/)],
  ['GET /v1/alerts?since=1e400', 'a time beyond all numbers', {}, invalid(/since/)],
  ['GET /v1/reports/..%2f..', 'a path for a month', {}, invalid(/2026-11/)],
  ['GET /v1/reports/9999-01', 'a month to come', {}, invalid(/2026-11/)],
  ['GET /v1/reports/2026-11?format=exe', 'a format that is none', {}, invalid(/format/)],
];
